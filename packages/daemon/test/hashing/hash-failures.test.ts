import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { createHashService } from "../../src/hashing/hash-service.ts";
import { coreutilsOutcomes, coreutilsPrefix } from "./coreutils.ts";
import { temporaryFiles } from "./temporary-files.ts";

type Files = ReturnType<typeof temporaryFiles>;

/** Ways to make a path that cannot be hashed, and what is said about it after its name. */
const cases: { title: string; make(files: Files): string; kind: string; reason: RegExp }[] = [
  {
    title: "a missing file",
    make: (files) => files.path("missing"),
    kind: "FileNotFound",
    reason: /^there is no such file\. Check the path/,
  },
  {
    title: "a file below a file",
    make: (files) => `${files.write("file", "")}/below`,
    kind: "FileNotFound",
    reason: /^there is no such file/,
  },
  {
    title: "a link that leads nowhere",
    make: (files) => link(files, "dangling", "missing"),
    kind: "FileNotFound",
    reason: /where it leads if it is a link/,
  },
  {
    title: "a link to itself",
    make: (files) => link(files, "loop", "loop"),
    kind: "ReadFailed",
    reason: /^reading failed \(ELOOP/,
  },
  {
    title: "a directory",
    make(files) {
      mkdirSync(files.path("directory"));
      return files.path("directory");
    },
    kind: "NotAFile",
    reason: /^it is a directory, not a regular file\. Name regular files only\.$/,
  },
  { title: "a fifo nobody writes to", make: makeFifo, kind: "NotAFile", reason: /^it is a fifo/ },
  { title: "a character device", make: () => "/dev/null", kind: "NotAFile", reason: /^it is a character device/ },
  { title: "an endless device", make: () => "/dev/zero", kind: "NotAFile", reason: /^it is a character device/ },
  { title: "a name with a NUL", make: () => "a\0b", kind: "ReadFailed", reason: /null bytes/ },
  { title: "an empty name", make: () => "", kind: "FileNotFound", reason: /^there is no such file/ },
];

describe("what cannot be hashed", () => {
  it.each(cases)("has an error of its own: $title", async ({ make, kind, reason }) => {
    using files = temporaryFiles();
    await using service = createHashService();
    const file = make(files);

    const [outcome] = await service.hashFiles([file], "sha256");

    const start = `Cannot hash ${JSON.stringify(file)}: `;
    expect(outcome).toEqual({ file, error: { kind, message: expect.stringContaining(start) } });
    expect(outcome && "error" in outcome && outcome.error.message.slice(start.length)).toMatch(reason);
    expect(await service.hashPrefix(file, 1)).toEqual(outcome);
  });

  it("disturbs none of the others", async () => {
    using files = temporaryFiles();
    await using service = createHashService();
    const good = files.write("good", "content");
    const bad = cases.map(({ make }) => make(files));

    const outcomes = await service.hashFiles([good, ...bad, good], "sha1");

    const [expected] = coreutilsOutcomes([good], "sha1");
    expect([outcomes[0], outcomes.at(-1)]).toEqual([expected, expected]);
    expect(outcomes.slice(1, -1).map((outcome) => "error" in outcome && outcome.error.kind)).toEqual(
      cases.map(({ kind }) => kind),
    );
  });

  it("is a socket", async () => {
    using files = temporaryFiles();
    await using service = createHashService();
    await using server = createServer().listen(files.path("socket"));
    await once(server, "listening");

    expect(await service.hashFiles([files.path("socket")], "sha256")).toMatchObject([
      { error: { kind: "NotAFile", message: expect.stringContaining("it is a socket") } },
    ]);
  });

  it("is a file that may not be read, or lies in a directory that may not be entered", async () => {
    using files = temporaryFiles();
    await using service = createHashService();
    const readable = files.write("readable", "content");
    const secret = files.write("secret", "content");
    const hidden = files.write("closed/hidden", "content");
    const expected = coreutilsOutcomes([readable], "sha256");
    // The worker is started before: it may lie where only root can read.
    expect(await service.hashFiles([readable, readable], "sha256")).toEqual([...expected, ...expected]);
    chmodSync(secret, 0);
    chmodSync(files.path("closed"), 0);
    chmodSync(files.path("."), 0o755);

    const outcomes = await asOrdinaryUser(() => service.hashFiles([secret, readable, hidden], "sha256"));
    const [alone] = await asOrdinaryUser(() => service.hashFiles([secret], "sha256"));

    expect(outcomes).toEqual([
      alone,
      ...expected,
      { file: hidden, error: { kind: "NotReadable", message: expect.any(String) } },
    ]);
    expect(alone).toEqual({
      file: secret,
      error: {
        kind: "NotReadable",
        message: `Cannot hash ${JSON.stringify(secret)}: permission denied. Allow reading the file and entering its directories.`,
      },
    });
    chmodSync(files.path("closed"), 0o755);
  });

  it("never blocks, even when a fifo takes the name of a file at the worst moment", async () => {
    using files = temporaryFiles();
    await using service = createHashService({ workerCount: 1 });
    const file = files.write("changing", "content");
    const digest = coreutilsPrefix(file, 7, "sha256");
    makeFifo(files);
    files.write("regular", "content");
    const script = `
      const { renameSync, symlinkSync } = require("node:fs");
      process.stdout.write("ready");
      for (;;) for (const target of ["fifo", "regular"]) {
        symlinkSync(target, "next");
        renameSync("next", "changing");
      }`;
    const swapper = spawn(process.execPath, ["-e", script], {
      cwd: files.path("."),
      stdio: ["ignore", "pipe", "inherit"],
    });
    const swapped = once(swapper, "exit");
    await once(swapper.stdout, "data");

    const outcomes = await service.hashFiles(new Array<string>(20_000).fill(file), "sha256");

    swapper.kill("SIGKILL");
    await swapped;
    const surprises = outcomes.filter((outcome) =>
      "error" in outcome ? outcome.error.kind !== "NotAFile" : outcome.hash !== digest,
    );
    expect(surprises).toEqual([]);
  });
});

function link(files: Files, name: string, target: string): string {
  symlinkSync(target, files.path(name));
  return files.path(name);
}

function makeFifo(files: Files): string {
  execFileSync("mkfifo", [files.path("fifo")]);
  return files.path("fifo");
}

/** Root may read everything: for the time of the act the whole process, workers included, has the rights of nobody. */
async function asOrdinaryUser<T>(act: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return act();
  process.seteuid?.(65_534);
  try {
    return await act();
  } finally {
    process.seteuid?.(0);
  }
}
