import { expect, test } from "vitest";
import { ERRORS, isErrorKind, OrchastrationError } from "../../src/errors.ts";
import { errorResponse, fromWireError, toWireError } from "../../src/rpc/wire-error.ts";

test("every error of the catalogue comes out of the wire as it went in", () => {
  for (const kind of Object.keys(ERRORS).filter(isErrorKind)) {
    const sent = new OrchastrationError(kind, "what failed", {
      hint: "what to do",
      details: { name: "sample", count: 0 },
    });
    const received = fromWireError(JSON.parse(JSON.stringify(toWireError(sent))));
    expect(received).toEqual(sent);
    expect(received.data).toEqual({
      kind,
      hint: "what to do",
      retryable: ERRORS[kind].isRetryable,
      name: "sample",
      count: 0,
    });
  }
});

test("an error of a kind this build does not know keeps the words of its sender", () => {
  const error = fromWireError({
    code: 4711,
    message: "the moon is full",
    data: { kind: "MoonFull", hint: "wait", retryable: true, phase: 1 },
  });
  expect(error).toMatchObject({ kind: "InternalError", message: "MoonFull: the moon is full", hint: "wait" });
  expect(error.details).toEqual({ phase: 1, unknownKind: "MoonFull", code: 4711 });
});

test("an error without data, as another JSON-RPC server sends it, is told by its code", () => {
  expect(fromWireError({ code: -32601, message: "nope" })).toMatchObject({ kind: "MethodNotFound", message: "nope" });
  expect(fromWireError({ code: -1, message: "nope", data: "text" }).message).toBe("error -1: nope");
});

test("an error that belongs to no request is answered under the id null", () => {
  const text = errorResponse(null, new OrchastrationError("ParseError", "no JSON"));
  expect(JSON.parse(text)).toMatchObject({
    jsonrpc: "2.0",
    id: null,
    error: { code: -32700, data: { kind: "ParseError" } },
  });
});
