import { expect, test } from "vitest";
import { readSource } from "./source-file.ts";

const importsOf = (text: string) =>
  readSource("packages/daemon/src/services/run.ts", text).imports.map(({ target, isType }) =>
    isType ? `type ${target}` : target,
  );

test("every form of import is found, with what it leads to", () => {
  const text = `
    import winston from "winston";
    import { a, type B } from '../domain/a.ts';
    import type { C } from "./c.ts";
    import { type D, type E as F } from "@orchastration/protocol/node";
    import * as all from "@scope/name/deep";
    import "./effect.ts";
    export { g } from "@orchastration/client";
    export * from "../../x.ts";
    export type { H } from "node:fs";
    const late = await import("./late.ts");
    type I = typeof import("zod");
    const old = require("old/deep");
    import {
      many,
      names,
    } from "./many.ts";
  `;
  expect(importsOf(text).toSorted()).toEqual(
    [
      "winston",
      "packages/daemon/src/domain/a.ts",
      "type packages/daemon/src/services/c.ts",
      "type packages/protocol/src/node/index.ts",
      "@scope/name",
      "packages/daemon/src/services/effect.ts",
      "packages/client/src/index.ts",
      "packages/daemon/x.ts",
      "type node:fs",
      "packages/daemon/src/services/late.ts",
      "type zod",
      "old",
      "packages/daemon/src/services/many.ts",
    ].toSorted(),
  );
});

test("comments and literals hold no imports and no code", () => {
  const text = [
    `// import a from "a";`,
    `/* import b from "b"; console.log() */`,
    `const c = 'import c from "c"';`,
    'const d = `import e from "e" ${f({ g: `import h from "h"` })} console.log()`;',
    `const quote = /["'\`]/; const i = x / y / z; // "`,
    `import j from "j";`,
  ].join("\n");
  const source = readSource("packages/cli/src/a.ts", text);
  expect(source.imports.map(({ target }) => target)).toEqual(["j"]);
  expect(source.bare).not.toContain("console");
  expect(source.bare).toContain("f({ g:");
  expect(source.bare).toContain("x / y / z");
  expect(source.bare.split("\n")).toHaveLength(6);
  expect(source.bare).toHaveLength(text.length);
});
