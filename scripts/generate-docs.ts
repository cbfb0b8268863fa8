import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openRpc } from "@orchastration/protocol/contract";
import { cliDocument } from "./docs/cli.ts";
import { errorsDocument } from "./docs/errors.ts";
import { protocolDocument } from "./docs/protocol.ts";

/** Every document that is made from the sources, by its place in the repository. */
const documents: Readonly<Record<string, () => string>> = {
  "packages/protocol/openrpc.json": () => JSON.stringify(openRpc(), null, 2),
  "docs/protocol.md": protocolDocument,
  "docs/errors.md": errorsDocument,
  "docs/cli.md": cliDocument,
};

const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });

for (const [path, make] of Object.entries(documents)) {
  const file = fileURLToPath(new URL(`../${path}`, import.meta.url));
  const text = `${make()}\n`;
  if (text === read(file)) continue;
  if (values.check) {
    console.error(`${path} is out of date. Run: npm run docs`);
    process.exitCode = 1;
  } else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    console.log(`wrote ${path}`);
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").replaceAll("\r\n", "\n");
  } catch {
    return undefined;
  }
}
