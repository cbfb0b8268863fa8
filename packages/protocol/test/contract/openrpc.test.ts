import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { buildOpenRpc, events, methods, notifications, openRpc } from "../../src/contract/index.ts";
import { ERRORS } from "../../src/errors.ts";
import { VERSION } from "../../src/version.ts";

/** The validator has a process of its own: with the test runner's import conditions, a package it depends on does not load. */
function validate(document: object): string {
  const program = fileURLToPath(new URL("validate-openrpc.mjs", import.meta.url));
  return execFileSync(process.execPath, [program], { input: JSON.stringify(document), encoding: "utf8" }).trim();
}

describe("the OpenRPC document", () => {
  test("is valid against the meta-schema", () => {
    expect(validate(openRpc())).toBe("valid");
  });

  test("is the one that is published", () => {
    const published = readFileSync(new URL("../../openrpc.json", import.meta.url), "utf8");
    expect(JSON.parse(published)).toEqual(JSON.parse(JSON.stringify(openRpc())));
  });

  test("is not found valid whatever it says", () => {
    expect(validate({ ...openRpc(), methods: [{ name: 7 }] })).toContain("Error validating OpenRPC Document");
  });

  test("has every method, error, notification and event of the contract, and its version", () => {
    const document = openRpc();
    expect(document.methods.map(({ name }) => name)).toEqual(Object.keys(methods));
    expect(Object.keys(document.components.errors)).toEqual(Object.keys(ERRORS));
    expect(document["x-notifications"].map(({ name }) => name)).toEqual(Object.keys(notifications));
    expect(Object.keys(document["x-events"])).toEqual(Object.keys(events));
    expect(document.info.version).toBe(VERSION);
  });

  test("refers to nothing it does not have", () => {
    const document = openRpc();
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]*)"/g)].map(([, reference]) => reference);
    const known = Object.entries(document.components).flatMap(([kind, components]) =>
      Object.keys(components).map((name) => `#/components/${kind}/${name}`),
    );
    expect(references.length).toBeGreaterThan(0);
    expect(new Set(known)).toEqual(new Set([...known, ...references]));
  });

  test("says which parameters a method takes, the required ones first, and what any of them means", () => {
    const document = buildOpenRpc({
      methods: {
        "toy.play": {
          summary: "Play.",
          since: "0.2.0",
          params: z.object({ times: z.int().optional(), toy: z.string().min(1).describe("Its name.") }),
          result: z.object({ score: z.number() }),
          errors: ["JobNotFound"],
          isLong: true,
          example: { params: { toy: "ball" }, result: { score: 1 } },
        },
      },
      errors: {},
      notifications: {},
      events: {},
      version: "0.2.0",
    });
    expect(document.methods).toEqual([
      {
        name: "toy.play",
        summary: "Play.",
        paramStructure: "by-name",
        params: [
          { name: "toy", description: "Its name.", required: true, schema: { type: "string", minLength: 1 } },
          { name: "times", required: false, schema: { type: "integer" } },
        ],
        result: {
          name: "result",
          required: true,
          schema: { type: "object", properties: { score: { type: "number" } }, required: ["score"] },
        },
        errors: [{ $ref: "#/components/errors/JobNotFound" }],
        examples: [
          {
            name: "toy.play",
            params: [{ name: "toy", value: "ball" }],
            result: { name: "result", value: { score: 1 } },
          },
        ],
        "x-since": "0.2.0",
        "x-long": true,
      },
    ]);
  });
});

test.each(Object.entries(methods))("the example of %s fits its schemas", (_name, { params, result, example }) => {
  expect(params.parse(example.params)).toEqual(example.params);
  expect(result.parse(example.result)).toEqual(example.result);
});
