import { spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkExport } from "../../src/audit/check-export.ts";
import { sha256 } from "../../src/audit/digest.ts";
import { sealEnvelope } from "../../src/audit/dsse.ts";
import { buildStatement, STATEMENT_TYPE, writeExport } from "../../src/audit/export.ts";
import { HEAD_TYPE } from "../../src/audit/heads.ts";
import { keyIdOf, type SigningKey, toPem } from "../../src/audit/signing-key.ts";
import {
  type ChainPosition,
  type EventSegment,
  type SegmentEvent,
  sealSegment,
} from "../../src/domain/event-segment.ts";
import {
  cancelled,
  chain,
  daemonStarted,
  eventsOfTask,
  launched,
  ownEvents,
  positionIn,
  queued,
  RUN,
  SAMPLE,
  succeeded,
  TASK,
  TASK_SAMPLE,
  taskCreated,
} from "./sample-log.ts";

const SCRIPT = fileURLToPath(new URL("../../../../scripts/verify-export", import.meta.url));

const HAS_PYTHON_AND_OPENSSL =
  spawnSync("python3", ["--version"]).status === 0 && spawnSync("openssl", ["version"]).status === 0;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "orchastration-export-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function makeKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return { privateKey, publicKey, keyId: keyIdOf(publicKey) };
}

const ours = makeKey();
const theirs = makeKey();

function signHead({ seq, hash }: ChainPosition, key = ours): string {
  const head = { seq, hash, at: "2026-11-01T10:00:00.000Z", keyid: key.keyId };
  return sealEnvelope(HEAD_TYPE, JSON.stringify(head), key);
}

function sealed(log: readonly SegmentEvent[] = SAMPLE): EventSegment {
  return sealSegment(`run:${RUN}`, ownEvents(log), positionIn(log));
}

/** Everything from the run's first event to that one. */
function whole(through: number): EventSegment {
  return { entity: `run:${RUN}`, previous: positionIn(SAMPLE)(1), links: SAMPLE.slice(1, through) };
}

/** A task with its run, without what is others'. */
function sealedTask(log: readonly SegmentEvent[] = TASK_SAMPLE): EventSegment {
  return sealSegment(`task:${TASK}`, eventsOfTask(log), positionIn(log));
}

/** With what is others'. */
const wholeTask: EventSegment = {
  entity: `task:${TASK}`,
  previous: positionIn(TASK_SAMPLE)(1),
  links: TASK_SAMPLE.slice(1, 9),
};

function endOf({ links }: EventSegment): ChainPosition {
  const end = links.at(-1);
  if (end === undefined) throw new Error("a segment without links");
  return end;
}

const exportOf = (segment: EventSegment, key = ours): string =>
  writeExport(segment, signHead(endOf(segment), key), key);

interface Forgery {
  /** What the export is of. */
  readonly truth?: EventSegment;
  /** What is put into the place of the events; the statement is otherwise that of the true ones. */
  readonly segment?: unknown;
  readonly head?: string;
  readonly edit?: (statement: Statement) => void;
  readonly key?: SigningKey;
}

interface Statement {
  subject: { name: string; digest: { sha256: string } }[];
  predicate: {
    buildDefinition: { externalParameters: Record<string, unknown> };
    runDetails: {
      metadata: Record<string, unknown>;
      byproducts: { name: string; digest: { sha256: string }; content: string }[];
    };
  };
}

/** An export by somebody who has a key, and knows the format. */
function forge({ truth = whole(9), segment, head, edit, key = ours }: Forgery): string {
  const statement = JSON.parse(JSON.stringify(buildStatement(truth, signHead(endOf(truth), key)))) as Statement;
  const [events, signed] = statement.predicate.runDetails.byproducts;
  if (events === undefined || signed === undefined) throw new Error("no evidence");
  const put = (place: typeof events, text: string): void => {
    place.content = Buffer.from(text).toString("base64");
    place.digest.sha256 = sha256(text);
  };
  if (segment !== undefined) {
    put(events, JSON.stringify(segment));
    const subject = statement.subject.find(({ name }) => name === "events");
    if (subject !== undefined) subject.digest.sha256 = events.digest.sha256;
  }
  if (head !== undefined) put(signed, head);
  edit?.(statement);
  return sealEnvelope(STATEMENT_TYPE, JSON.stringify(statement), key);
}

/** What each of the two verifiers says: undefined when the export holds, otherwise why it does not. */
function verdicts(text: string, key = ours): readonly (string | undefined)[] {
  return HAS_PYTHON_AND_OPENSSL ? [ownVerdict(text, key), foreignVerdict(text, key)] : [ownVerdict(text, key)];
}

function ownVerdict(text: string, { publicKey }: SigningKey, known?: string): string | undefined {
  try {
    checkExport(text, publicKey, known);
    return undefined;
  } catch (error) {
    if (error instanceof Error && error.name === "Flaw") return error.message;
    throw error;
  }
}

function foreignVerdict(
  text: string | Uint8Array,
  { publicKey }: SigningKey,
  known: readonly string[] = [],
): string | undefined {
  const [file, keyFile] = [join(folder, "export"), join(folder, "key.pem")];
  writeFileSync(file, text);
  writeFileSync(keyFile, toPem(publicKey));
  const { status, stderr } = spawnSync(SCRIPT, [file, keyFile, ...known], { encoding: "utf8" });
  if (status === 0) return undefined;
  expect(stderr, "the script ends by itself, with a reason").toMatch(/^does not hold: /);
  return stderr;
}

function expectRejected(text: string, key = ours): void {
  const reasons = verdicts(text, key);
  for (const reason of reasons) expect(reason).toBeTruthy();
}

const links = whole(9).links as readonly SegmentEvent[];
const withLinks = (edited: readonly (SegmentEvent | ChainPosition)[]): EventSegment => ({ ...whole(9), links: edited });

test.skipIf(!HAS_PYTHON_AND_OPENSSL)("the second verifier fits into 150 lines and shares nothing", () => {
  const lines = readFileSync(SCRIPT, "utf8").trimEnd().split("\n");
  expect(lines.length).toBeLessThan(150);
  const imports = lines.flatMap((line) => /^(?:import|from) (\S+)/.exec(line)?.[1] ?? []);
  expect(imports).toEqual(["base64", "hashlib", "json", "subprocess", "sys", "tempfile"]);
});

describe("an export holds for both verifiers", () => {
  const base = { commit: "a".repeat(40), tree: "b".repeat(40), isDirty: true };
  test.each<[string, EventSegment]>([
    ["with the run's own events", sealed()],
    ["with the events of others", whole(9)],
    ["on to a later event", whole(10)],
    ["of a cancelled run", sealed(chain([queued(), cancelled]))],
    ["of a run that goes on", sealed(chain([daemonStarted, queued(), launched]))],
    [
      "of a run in a terminal, from a commit with changes",
      sealed(chain([queued({ isTty: true, base }), launched, succeeded])),
    ],
    ["of a task and its run", sealedTask()],
    ["of a task among others", wholeTask],
    ["of a task that was never started", sealedTask(chain([daemonStarted, taskCreated()]))],
  ])("%s", (_, segment) => {
    for (const verdict of verdicts(exportOf(segment))) expect(verdict).toBeUndefined();
  });

  test("and says whose it is, where the chain stood, and the digests of the output", () => {
    const { hash } = endOf(sealed());
    expect(checkExport(exportOf(sealed()), ours.publicKey)).toMatchObject({
      entity: `run:${RUN}`,
      head: { seq: 9, hash },
      events: 4,
      eventsLeftOut: 4,
      subjects: [
        { name: "stdout", algorithm: "sha256", digest: sha256("hello\n") },
        { name: "stderr", algorithm: "sha256", digest: sha256("") },
        { name: "events" },
      ],
    });
  });

  test("and says of a task what its run put out, and the commit it was merged as", () => {
    expect(checkExport(exportOf(sealedTask()), ours.publicKey)).toMatchObject({
      entity: `task:${TASK}`,
      events: 6,
      eventsLeftOut: 2,
      subjects: [
        { name: `${RUN}/recording`, algorithm: "sha256", digest: sha256("hello\n") },
        { name: "merge", algorithm: "gitCommit", digest: "c".repeat(40) },
        { name: "events" },
      ],
    });
  });

  test("and shows nothing of others unless asked to", () => {
    const shown = Buffer.from(exportOf(sealed())).toString();
    const payload = Buffer.from((JSON.parse(shown) as { payload: string }).payload, "base64").toString();
    const events = (JSON.parse(payload) as Statement).predicate.runDetails.byproducts[0]?.content ?? "";
    expect(Buffer.from(events, "base64").toString()).not.toContain("secret");
  });
});

describe("an export that was changed is rejected", () => {
  const text = exportOf(sealed());

  test("whichever byte it is", () => {
    const bytes = Buffer.from(text);
    for (let index = 0; index < bytes.length; index++) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ (1 << (index % 8));
      expect(ownVerdict(changed.toString("latin1"), ours), `byte ${index}`).toBeDefined();
    }
  });

  test.skipIf(!HAS_PYTHON_AND_OPENSSL)("whichever byte it is, for the second verifier: a sample", () => {
    const bytes = Buffer.from(text);
    for (let index = 0; index < bytes.length; index += Math.floor(bytes.length / 23)) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ (1 << (index % 8));
      expect(foreignVerdict(changed, ours), `byte ${index}`).toBeDefined();
    }
  });

  test.each<[string, string]>([
    ["cut off at its end", text.slice(0, -1)],
    ["cut in half", text.slice(0, text.length / 2)],
    ["nothing", ""],
    ["with something behind it", `${text}\n`],
    ["with spaces between", text.replace(',"payload"', ', "payload"')],
    ["with base64 spelled otherwise", respelled(text)],
    ["with a payload of another type", text.replace("vnd.in-toto", "vnd.in-t0to")],
    ["with a second signature", text.replace(/\[(\{.*\})\]/, "[$1,$1]")],
    ["with no signature", text.replace(/\[\{.*\}\]/, "[]")],
    ["nested without end", "[".repeat(100_000)],
  ])("%s", (_, changed) => {
    expect(changed).not.toBe(text);
    expectRejected(changed);
  });

  /** Other unused bits in the last character of the signature: the same bytes for a careless decoder. */
  function respelled(envelope: string): string {
    return envelope.replace(
      /(.)==("\}\]\})/,
      (_, last: string, rest: string) => `${String.fromCharCode(last.charCodeAt(0) + 1)}==${rest}`,
    );
  }
});

describe("a forgery is rejected", () => {
  test("signed with another key", () => {
    expectRejected(exportOf(sealed(), theirs));
    expectRejected(exportOf(sealed()), theirs);
  });

  test("signed with another key under the name of ours", () => {
    expectRejected(exportOf(sealed(), { ...theirs, keyId: ours.keyId }));
  });

  test("whose head another key signed", () => {
    expectRejected(forge({ head: signHead(endOf(whole(9)), { ...theirs, keyId: ours.keyId }) }));
    expectRejected(forge({ head: signHead(endOf(whole(9)), theirs) }));
  });

  const [first, second, third, ...rest] = links;
  if (first === undefined || second === undefined || third === undefined) throw new Error("too short a sample");
  const other = chain([daemonStarted, queued({ argv: ["rm", "-rf", "/"] }), launched, succeeded]);

  test.each<[string, Forgery]>([
    [
      "with another word in an event",
      { segment: withLinks([{ ...first, entry: first.entry.replace("ls", "rm") }, ...links.slice(1)]) },
    ],
    [
      "with a byte of a hash changed",
      { segment: withLinks([{ ...first, hash: `0${first.hash.slice(1)}` }, ...links.slice(1)]) },
    ],
    ["with an event dropped", { segment: withLinks([first, third, ...rest]) }],
    ["with its first event dropped", { segment: withLinks([second, third, ...rest]) }],
    ["with its last event dropped", { segment: withLinks(links.slice(0, -1)) }],
    ["with two events swapped", { segment: withLinks([second, first, third, ...rest]) }],
    ["with an event twice", { segment: withLinks([first, first, second, third, ...rest]) }],
    ["with no events", { segment: withLinks([]) }],
    [
      "with a beginning that is not the chain's",
      { segment: { ...whole(9), previous: { seq: 1, hash: "f".repeat(64) } } },
    ],
    ["with a gap that leads back", { segment: withLinks([first, second, { seq: 2, hash: first.hash }, ...rest]) }],
    [
      "with the events of another run",
      {
        segment: { ...whole(9), links: other.slice(1), previous: positionIn(other)(1) },
        head: signHead(endOf(withLinks(other))),
      },
    ],
    ["with the name of another run", { segment: { ...whole(9), entity: "run:0c2dk3mf0w1x" } }],
    ["with a head of another place", { head: signHead(positionIn(SAMPLE)(10)) }],
    ["with a head of another history", { head: signHead({ seq: 9, hash: "a".repeat(64) }) }],
    ["with something else than a head", { head: "{}\n" }],
    [
      "that names another command",
      { edit: ({ predicate }) => void (predicate.buildDefinition.externalParameters["argv"] = ["true"]) },
    ],
    [
      "that names another digest",
      { edit: ({ subject }) => void (subject[0] = { name: "stdout", digest: { sha256: sha256("other") } }) },
    ],
    ["that hides an output", { edit: ({ subject }) => void subject.shift() }],
    [
      "that names another time",
      { edit: ({ predicate }) => void (predicate.runDetails.metadata["finishedOn"] = "2026-11-02T00:00:00.000Z") },
    ],
    ["that has more to say", { edit: ({ predicate }) => void (predicate.runDetails.metadata["approved"] = true) }],
    ["of a task without the output of its run", { truth: wholeTask, edit: ({ subject }) => void subject.shift() }],
    [
      "of a task that was merged as another commit",
      {
        truth: wholeTask,
        edit: ({ subject }) =>
          void subject.splice(1, 1, { name: "merge", digest: { gitCommit: "d".repeat(40) } as never }),
      },
    ],
    [
      "of a task with the runs of another",
      { truth: wholeTask, segment: { ...wholeTask, entity: "task:4t5k7m9q2x5r" } },
    ],
    [
      "of a task that does not begin where it was created",
      {
        truth: wholeTask,
        segment: { ...wholeTask, previous: positionIn(TASK_SAMPLE)(2), links: TASK_SAMPLE.slice(2, 9) },
      },
    ],
    ["without evidence", { edit: ({ predicate }) => void (predicate.runDetails.byproducts = []) }],
  ])("%s", (_, forgery) => {
    expectRejected(forge(forgery));
  });

  test("while the same way of making one gives an export that holds", () => {
    for (const verdict of verdicts(forge({}))) expect(verdict).toBeUndefined();
  });
});

describe("against a signed head that was handed over earlier", () => {
  /** Why it does not hold, in the words of each verifier; undefined when it holds. */
  function verdictWith(segment: EventSegment, known: string): string | undefined {
    const own = ownVerdict(exportOf(segment), ours, known);
    if (HAS_PYTHON_AND_OPENSSL) {
      const file = join(folder, "head.json");
      writeFileSync(file, known);
      const foreign = foreignVerdict(exportOf(segment), ours, [file]);
      expect(foreign === undefined, "both say the same").toBe(own === undefined);
    }
    return own;
  }

  test("a head that another key signed is none", () => {
    expect(verdictWith(whole(10), signHead(positionIn(SAMPLE)(10), theirs))).toContain("another key");
  });

  test("an export that reaches it holds", () => {
    expect(verdictWith(whole(10), signHead(positionIn(SAMPLE)(10)))).toBeUndefined();
  });

  test("an export of a log that was written again does not", () => {
    expect(verdictWith(whole(10), signHead({ seq: 10, hash: "a".repeat(64) }))).toContain("signed head");
  });

  test("an export that does not reach it does not", () => {
    expect(verdictWith(sealed(), signHead(positionIn(SAMPLE)(10)))).toContain("signed head");
  });
});
