import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readMessage } from "../../src/rpc/message.ts";

/** Kind of the error, and the id to answer it under. */
function rejection(text: string): unknown {
  const message = readMessage(text);
  return message.type === "rejected" ? [message.error.kind, message.id] : message;
}

test("an id of zero, of the empty string, or with a fraction is an id", () => {
  for (const id of [0, "", -1, 1.5, "0"]) {
    const text = JSON.stringify({ jsonrpc: "2.0", id, method: "ping", params: {} });
    expect(readMessage(text)).toEqual({ type: "request", id, method: "ping", params: {} });
  }
});

test("absent and null parameters are an empty object", () => {
  expect(readMessage('{"jsonrpc":"2.0","id":1,"method":"ping"}')).toMatchObject({ params: {} });
  expect(readMessage('{"jsonrpc":"2.0","id":1,"method":"ping","params":null}')).toMatchObject({ params: {} });
});

test("a request without an id is a notification", () => {
  const text = '{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":0}}';
  expect(readMessage(text)).toEqual({ type: "notification", method: "$/cancelRequest", params: { id: 0 } });
});

test("a name of Object.prototype is a method name like any other", () => {
  expect(readMessage('{"jsonrpc":"2.0","id":1,"method":"__proto__"}')).toMatchObject({ method: "__proto__" });
});

test("results and errors are responses, also without an id", () => {
  const error = { code: -32700, message: "no JSON" };
  for (const response of [
    { jsonrpc: "2.0", id: 1, result: null },
    { jsonrpc: "2.0", id: "a", error },
    { jsonrpc: "2.0", id: null, error },
  ]) {
    expect(readMessage(JSON.stringify(response))).toEqual({ type: "response", response });
  }
});

describe("an error goes back for", () => {
  test.each([
    ["text that is no JSON", '{"jsonrpc":', ["ParseError", null]],
    ["an empty text", "", ["ParseError", null]],
    ["a batch", '[{"jsonrpc":"2.0","id":1,"method":"ping"}]', ["InvalidRequest", null]],
    ["an empty batch", "[]", ["InvalidRequest", null]],
    ["a number", "1", ["InvalidRequest", null]],
    ["null", "null", ["InvalidRequest", null]],
    ["an empty object", "{}", ["InvalidRequest", null]],
    ["another version of JSON-RPC", '{"jsonrpc":"1.0","id":1,"method":"ping"}', ["InvalidRequest", 1]],
    ["no version of JSON-RPC", '{"id":0,"method":"ping"}', ["InvalidRequest", 0]],
    ["no method", '{"jsonrpc":"2.0","id":"a"}', ["InvalidRequest", "a"]],
    ["a method that is no string", '{"jsonrpc":"2.0","id":1,"method":1}', ["InvalidRequest", 1]],
    ["parameters that are a string", '{"jsonrpc":"2.0","id":1,"method":"ping","params":"x"}', ["InvalidRequest", 1]],
    ["a request id of null", '{"jsonrpc":"2.0","id":null,"method":"ping"}', ["InvalidRequest", null]],
    ["a request id that is an object", '{"jsonrpc":"2.0","id":{},"method":"ping"}', ["InvalidRequest", null]],
    ["a request id that is true", '{"jsonrpc":"2.0","id":true,"method":"ping"}', ["InvalidRequest", null]],
    ["a method and a result at once", '{"jsonrpc":"2.0","id":1,"method":"ping","result":1}', ["InvalidRequest", 1]],
    ["a result and an error at once", '{"jsonrpc":"2.0","id":1,"result":1,"error":{}}', ["InvalidRequest", 1]],
    ["an error without a code", '{"jsonrpc":"2.0","id":1,"error":{"message":"x"}}', ["InvalidRequest", 1]],
  ])("%s", (_name, text, expected) => {
    expect(rejection(text)).toEqual(expected);
  });
});

test("100,000 nested brackets are read, wherever they stand", () => {
  const nested = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  expect(rejection(nested)).toEqual(["InvalidRequest", null]);
  expect(rejection("[".repeat(100_000))).toEqual(["ParseError", null]);
  expect(rejection(`{"jsonrpc":"2.0","id":${nested},"method":"ping"}`)).toEqual(["InvalidRequest", null]);
  expect(rejection(`{"jsonrpc":"2.0","id":1,"method":${nested}}`)).toEqual(["InvalidRequest", 1]);
  expect(readMessage(`{"jsonrpc":"2.0","id":1,"method":"ping","params":${nested}}`)).toMatchObject({ type: "request" });
});

test("no text at all makes the reader throw", () => {
  const id = fc.oneof(fc.jsonValue(), fc.constantFrom(0, "a", null));
  const nearlyMessage = fc.record(
    {
      jsonrpc: fc.constantFrom("2.0", "1.0"),
      id,
      method: fc.jsonValue(),
      params: fc.jsonValue(),
      result: fc.jsonValue(),
      error: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        nearlyMessage.map((value) => JSON.stringify(value)),
      ),
      (text) => {
        readMessage(text);
      },
    ),
    { numRuns: 2_000 },
  );
});
