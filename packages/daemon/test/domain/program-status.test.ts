import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decisiveStatus,
  describeStatus,
  dropUnfinished,
  NO_STATUSES,
  type ProgramReport,
  type ProgramStatuses,
  parseProgramMessage,
  recordMessage,
} from "../../src/domain/program-status.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");

function reportOf(payload: string): ProgramReport | undefined {
  const message = parseProgramMessage(payload);
  return message?.type === "report" ? message.report : undefined;
}

function recorded(...payloads: readonly string[]): ProgramStatuses {
  return payloads.reduce<ProgramStatuses>((records, payload, at) => {
    const message = parseProgramMessage(payload);
    return message === undefined ? records : recordMessage(records, message, at);
  }, NO_STATUSES);
}

describe("a report", () => {
  it("has a state, and whatever else it says", () => {
    const payload = `state=blocked:kind=permission:id=main/tests:app=codex:progress=40:title=${base64("Läuft")}:msg=${base64("npm test?")}`;
    expect(reportOf(payload)).toEqual({
      state: "blocked",
      kind: "permission",
      id: "main/tests",
      app: "codex",
      progress: 40,
      title: "Läuft",
      message: "npm test?",
    });
  });

  it("may leave out everything but the state, and say what is not known here", () => {
    expect(reportOf("state=working")).toMatchObject({ state: "working", kind: null, id: "", app: null, title: null });
    expect(reportOf("colour=red:state=idle:later")).toMatchObject({ state: "idle" });
    expect(reportOf("state=blocked:kind=hunger")).toMatchObject({ state: "blocked", kind: null });
    expect(reportOf("state=working:kind=auth")).toMatchObject({ kind: null });
    expect(reportOf("state=working:progress=101")).toMatchObject({ progress: null });
  });

  it.each([
    ["no state", "app=codex"],
    ["an unknown state", "state=running"],
    ["a bad character in the id", "state=idle:id=a b"],
    ["an empty segment", "state=idle:id=a//b"],
    ["nine segments", `state=idle:id=${Array(9).fill("a").join("/")}`],
    ["a segment of 33 characters", `state=idle:id=${"a".repeat(33)}`],
    ["an id of 129 bytes", `state=idle:id=${Array(4).fill("a".repeat(32)).join("/")}`],
    ["an app of 33 bytes", `state=idle:app=${"a".repeat(33)}`],
    ["a title of 193 bytes", `state=idle:title=${base64("x".repeat(193))}`],
    ["a message of 2,049 bytes", `state=idle:msg=${base64("x".repeat(2_049))}`],
    ["a title that is not base64", "state=idle:title=a*b"],
    ["a title that is not UTF-8", "state=idle:title=/w=="],
    ["a control character in the title", `state=idle:title=${base64("\x1b[2J")}`],
    ["a control character", "state=idle\x01"],
    ["a bad id to be cleared", "state=clear:id=/"],
  ])("with %s is discarded", (_, payload) => {
    expect(parseProgramMessage(payload)).toBeUndefined();
  });

  it("at its limits is taken", () => {
    const id = `${Array(3).fill("a".repeat(32)).join("/")}/${"b".repeat(29)}`;
    const payload = `state=done:id=${id}:app=${"p".repeat(32)}:title=${base64("x".repeat(192))}:msg=${base64("y".repeat(2_048))}`;
    expect(reportOf(payload)).toMatchObject({ id, title: "x".repeat(192), message: "y".repeat(2_048) });
  });

  it("that is a question is a query", () => {
    expect(parseProgramMessage("?")).toEqual({ type: "query" });
  });

  it("whose text has the letters of base64 and not its length is discarded", () => {
    expect(parseProgramMessage("state=done:title=aaaaa")).toBeUndefined();
  });

  it("never makes the parser throw, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        parseProgramMessage(text);
        parseProgramMessage(`state=blocked:title=${text}:id=${text}`);
      }),
    );
  });
});

describe("the records", () => {
  it("are replaced by the next report of the same id, and keep since when it is in its state", () => {
    const records = recorded("state=working:id=a", "state=working:id=a:progress=5", "state=idle:id=b");
    expect(records.get("a")).toMatchObject({ state: "working", progress: 5, sinceMs: 0, reportedMs: 1 });
    expect(records.size).toBe(2);
  });

  it("are removed by clear", () => {
    expect(recorded("state=working", "state=done:id=x", "state=clear")).toHaveProperty("size", 1);
  });

  it("are at most 256: the one that has been silent longest goes", () => {
    const payloads = Array.from({ length: 257 }, (_, n) => `state=working:id=${n}`);
    const records = recorded(...payloads.slice(0, 256), "state=idle:id=0", ...payloads.slice(256));
    expect(records.size).toBe(256);
    expect(records.has("0")).toBe(true);
    expect(records.has("1")).toBe(false);
  });

  it("keep at a prompt what was achieved, and drop the rest", () => {
    const states = ["idle", "working", "blocked", "done", "error"].map((state) => `state=${state}:id=${state}`);
    expect([...dropUnfinished(recorded(...states)).keys()]).toEqual(["done", "error"]);
  });

  it("show as a whole who waits, then who works", () => {
    const decide = (...payloads: string[]) => decisiveStatus(recorded(...payloads).values())?.state;
    expect(decide()).toBeUndefined();
    expect(decide("state=done:id=a", "state=idle:id=b")).toBe("idle");
    expect(decide("state=idle:id=a", "state=working:id=b", "state=done:id=c")).toBe("working");
    expect(decide("state=blocked:kind=auth:id=a", "state=working:id=b")).toBe("blocked");
  });
});

it("is described in one short line without acting characters", () => {
  const report = reportOf(`state=blocked:kind=permission:app=codex\u202e:msg=${base64("run\u200b it".repeat(60))}`);
  const line = report && describeStatus(report);
  expect(line).toMatch(/^codex says it waits for permission: run itrun it.*…$/);
  expect(line?.length).toBe(120);
});
