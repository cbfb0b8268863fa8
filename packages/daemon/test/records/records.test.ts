import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { jobRecordOf } from "@orchastration/protocol";
import { jobRecord, type Run } from "@orchastration/protocol/contract";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { rewriteRecords, writeRunRecord } from "../../src/records/job-record.ts";
import { chooseRecordPaths, type RecordedRun } from "../../src/records/record-paths.ts";

const QUEUED_AT = "2026-11-01T09:15:00.042Z";
const nobody = (): boolean => false;
const sample: RecordedRun = { kind: "job", name: "sample", repository: null, isTty: false, queuedAt: QUEUED_AT };

function endedRun(stateDir: string, eventSeq: number, queuedAt: string): Run {
  return {
    ...sample,
    ...chooseRecordPaths(stateDir, { ...sample, queuedAt }, nobody),
    id: "7k3m9q2x5r8t",
    kind: "job",
    argv: ["ls"],
    workingDir: "/",
    isTty: false,
    timeoutMs: null,
    group: null,
    priority: 0,
    requestedBy: { kind: "person", name: "ada" },
    environmentDigest: "d",
    base: null,
    queuedAt,
    os: "linux",
    binaryVersion: "0.1.0",
    state: { status: "cancelled", endedAt: queuedAt, reason: "cancelled by ada" },
    eventSeq,
    eventHash: "00".repeat(32),
  };
}

const readRecord = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));
const lastOf = (run: Run): string => join(dirname(run.recordPath), "last.json");

describe("the place of a run's files", () => {
  test.each<[string, Partial<RecordedRun>, string]>([
    ["a job of the global configuration", {}, "runs/sample/20261101T091500.042Z"],
    ["a command line", { kind: "adhoc", name: "adhoc" }, "runs/adhoc/20261101T091500.042Z"],
    [
      "a job of a repository",
      { repository: "/home/ada/project" },
      "repos/project-6bfafd92/runs/sample/20261101T091500.042Z",
    ],
  ])("for %s is where people look for it", (_, given, expected) => {
    const paths = chooseRecordPaths("/state", { ...sample, ...given }, nobody);
    const stem = join("/state", expected);
    expect(paths).toEqual({
      recordPath: `${stem}.json`,
      output: { stdoutPath: `${stem}.stdout.log`, stderrPath: `${stem}.stderr.log` },
    });
  });

  test("is one log for a run with a terminal", () => {
    const { output } = chooseRecordPaths("/state", { ...sample, isTty: true }, nobody);
    const log = join("/state", "runs/sample/20261101T091500.042Z.log");
    expect(output).toEqual({ stdoutPath: log, stderrPath: log });
  });

  test("is the next one when the registry or the disk has taken it", () => {
    const stateDir = temporaryDirectory();
    const first = chooseRecordPaths(stateDir, sample, nobody);
    mkdirSync(dirname(first.recordPath), { recursive: true });
    writeFileSync(first.output.stderrPath, "");
    const second = chooseRecordPaths(stateDir, sample, nobody);
    expect(second.recordPath).toBe(first.recordPath.replace(".json", "-2.json"));
    const third = chooseRecordPaths(stateDir, sample, (path) => path === second.recordPath);
    expect(third.output.stdoutPath).toBe(first.recordPath.replace(".json", "-3.stdout.log"));
  });

  test("keeps repositories of one folder name apart", () => {
    const [one, other] = ["/a/project", "/b/project"].map((repository) =>
      chooseRecordPaths("/state", { ...sample, repository }, nobody),
    );
    expect(one).not.toEqual(other);
  });

  test("is a folder of its own below the state directory, whatever the names", () => {
    const names = fc.oneof(
      fc.constantFrom(
        "..",
        ".",
        "",
        "a/b",
        "a\\b",
        "C:\\x",
        "con",
        "x".repeat(300),
        "\u202ea",
        "-rf",
        ".git",
        "git~1",
        "\n",
        "🙂",
      ),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(names, names, (name, folder) => {
        const run: RecordedRun = { ...sample, name, repository: `/home/${folder}` };
        const { recordPath } = chooseRecordPaths("/state", run, nobody);
        const parts = recordPath.split("/").slice(1);
        expect(parts.map((part, index) => (index === 2 || index === 4 ? "" : part))).toEqual([
          "state",
          "repos",
          "",
          "runs",
          "",
          "20261101T091500.042Z.json",
        ]);
        for (const part of parts) {
          expect(part).not.toMatch(/^\.*$|[\0-\x1f\\/:*?"<>|]/);
          expect(Buffer.byteLength(part)).toBeLessThanOrEqual(255);
        }
      }),
    );
  });
});

describe("the record of a run", () => {
  test("has exactly the fields of the contract, for its owner only", async () => {
    const run = endedRun(temporaryDirectory(), 4, QUEUED_AT);
    await writeRunRecord(run);
    expect(readRecord(run.recordPath)).toEqual(jobRecordOf(run));
    expect(Object.keys(jobRecord.parse(readRecord(run.recordPath)))).toEqual(Object.keys(jobRecord.shape));
    expect(readRecord(lastOf(run))).toEqual(jobRecordOf(run));
    expect(statSync(run.recordPath).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(run.recordPath)).mode & 0o777).toBe(0o700);
  });

  test("that ended last in the log is the last one, whichever was started first or is written again", async () => {
    const stateDir = temporaryDirectory();
    const slow = endedRun(stateDir, 9, "2026-11-01T09:00:00.000Z");
    const quick = endedRun(stateDir, 5, "2026-11-01T09:30:00.000Z");
    await writeRunRecord(quick);
    expect(readRecord(lastOf(quick))).toMatchObject({ event_seq: 5 });
    await writeRunRecord(slow);
    await writeRunRecord(quick);
    expect(readRecord(lastOf(slow))).toMatchObject({ event_seq: 9 });
  });

  test("replaces a last.json that cannot be read", async () => {
    const run = endedRun(temporaryDirectory(), 4, QUEUED_AT);
    mkdirSync(dirname(run.recordPath), { recursive: true });
    writeFileSync(lastOf(run), '{"event_seq": 99, "half a rec');
    await writeRunRecord(run);
    expect(readRecord(lastOf(run))).toMatchObject({ event_seq: 4 });
  });

  test("that cannot be written leaves nothing, and can be written later", async () => {
    const stateDir = temporaryDirectory();
    const run = endedRun(stateDir, 4, QUEUED_AT);
    mkdirSync(join(stateDir, "runs"));
    writeFileSync(join(stateDir, "runs", "sample"), "a file where the folder should be");
    await expect(writeRunRecord(run)).rejects.toMatchObject({ code: "ENOTDIR" });
    expect(readdirSync(join(stateDir, "runs"))).toEqual(["sample"]);
    rmSync(join(stateDir, "runs", "sample"));
    await writeRunRecord(run);
    expect(existsSync(run.recordPath)).toBe(true);
  });

  test("can be written again with all the others", async () => {
    const stateDir = temporaryDirectory();
    const runs = [1, 2, 3].map((seq) => endedRun(stateDir, seq, `2026-11-01T09:0${seq}:00.000Z`));
    for (const run of runs) await writeRunRecord(run);
    const before = readdirSync(join(stateDir, "runs", "sample"));
    writeFileSync(
      join(stateDir, "runs", "sample", "last.json"),
      JSON.stringify({ ...jobRecordOf(runs[0] as Run), event_seq: 99 }),
    );
    for (const run of runs) rmSync(run.recordPath);
    expect(await rewriteRecords(runs)).toBe(3);
    expect(readdirSync(join(stateDir, "runs", "sample"))).toEqual(before);
    expect(readRecord(join(stateDir, "runs", "sample", "last.json"))).toMatchObject({ event_seq: 3 });
  });
});
