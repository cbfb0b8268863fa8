import { randomBytes } from "node:crypto";
import { readdirSync, readlinkSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { until } from "../../../../test/support/until.ts";
import type { Clock } from "../../src/hashing/clock.ts";
import type { HashProgress } from "../../src/hashing/hash-progress.ts";
import { createHashService } from "../../src/hashing/hash-service.ts";
import { coreutilsOutcomes } from "./coreutils.ts";
import { temporaryFiles } from "./temporary-files.ts";

/** Takes seconds to hash, and no room. */
const LARGE_BYTES = 8 * 1024 ** 3;

/** Time passes when somebody looks, and only then. */
function steppingClock(stepMs: number): Clock {
  let timeMs = 0;
  return {
    monotonicMs: () => {
      timeMs += stepMs;
      return timeMs;
    },
    after: () => () => {},
  };
}

/** Starts a call for a large file; `begun` is fulfilled when a worker is reading it. */
function startLarge(service: ReturnType<typeof createHashService>, file: string) {
  const begun = Promise.withResolvers<void>();
  const abort = new AbortController();
  const outcomes = service.hashFiles([file], "sha256", { signal: abort.signal, onProgress: () => begun.resolve() });
  const ended = outcomes.then(
    () => "hashed",
    (error: unknown) => (error instanceof Error ? error.name : error),
  );
  return { begun: begun.promise, ended, abort: () => abort.abort() };
}

describe("a large file", () => {
  it("delays no other call, even with a single worker", async () => {
    using files = temporaryFiles();
    await using service = createHashService({ workerCount: 1 });
    const small = [files.write("a", "a"), files.write("b", "b".repeat(1_000_000))];
    const large = startLarge(service, files.writeSparse("large", LARGE_BYTES));
    await large.begun;

    const first = await Promise.race([large.ended, service.hashFiles(small, "sha256")]);

    expect(first).toEqual(coreutilsOutcomes(small, "sha256"));
    large.abort();
    expect(await large.ended).toBe("AbortError");
  });

  it("leaves the files behind it in its call to the other worker", async () => {
    using files = temporaryFiles();
    await using service = createHashService({ workerCount: 2 });
    const small = Array.from({ length: 20 }, (_, index) => files.write(`${index}`, `${index}`));
    const others = Promise.withResolvers<HashProgress>();
    const abort = new AbortController();
    const call = service.hashFiles([files.writeSparse("large", LARGE_BYTES), ...small], "sha256", {
      signal: abort.signal,
      onProgress: (progress) => progress.filesDone === small.length && others.resolve(progress),
    });
    const ended = expect(call).rejects.toHaveProperty("name", "AbortError");

    expect((await others.promise).bytesDone).toBeLessThan(LARGE_BYTES);
    abort.abort();
    await ended;
  });
});

describe("many small files", () => {
  it("do not delay a call that comes later", async () => {
    using files = temporaryFiles();
    await using service = createHashService({ workerCount: 1 });
    const file = files.write("small", "x".repeat(10_000));
    const many = service.hashFiles(new Array<string>(20_000).fill(file), "sha256").then(() => "many");
    const few = service.hashFiles([file, file], "sha256").then(() => "few");

    expect(await Promise.race([many, few])).toBe("few");
    expect(await many).toBe("many");
  });

  it("leave half of a worker to the many of another call", async () => {
    using files = temporaryFiles();
    await using service = createHashService({ workerCount: 1, clock: steppingClock(1000) });
    const file = files.write("small", "x".repeat(10_000));
    let doneOfTwenty = 0;
    const twenty = service.hashFiles(new Array<string>(20_000).fill(file), "sha256", {
      onProgress: ({ filesDone }) => {
        doneOfTwenty = filesDone;
      },
    });

    await service.hashFiles(new Array<string>(2_000).fill(file), "sha256");

    expect(doneOfTwenty).toBeLessThan(10_000);
    await twenty;
  });
});

describe("a cancelled call", () => {
  it("is rejected, closes its file, and leaves worker and other calls alone", async () => {
    using files = temporaryFiles();
    await using service = createHashService({ workerCount: 1 });
    const file = files.writeSparse("cancelled", LARGE_BYTES);
    const small = [files.write("a", "a"), files.write("b", "b")];
    const cancelled = startLarge(service, file);
    const other = startLarge(service, files.writeSparse("other", LARGE_BYTES));
    await Promise.all([cancelled.begun, other.begun]);

    cancelled.abort();

    expect(await Promise.race([cancelled.ended, other.ended])).toBe("AbortError");
    expect(await Promise.race([other.ended, service.hashFiles(small, "sha256")])).toEqual(
      coreutilsOutcomes(small, "sha256"),
    );
    if (process.platform === "linux") await until(() => !openFiles().includes(file));
    other.abort();
    await other.ended;
  });

  it("leaves large files that are read after it whole, again and again", async () => {
    using files = temporaryFiles();
    await using service = createHashService({ workerCount: 1 });
    const endless = files.writeSparse("cancelled", LARGE_BYTES);
    const large = [files.write("a", randomBytes(5_000_000)), files.write("b", randomBytes(5_000_000))];
    for (let n = 0; n < 5; n++) {
      const cancelled = startLarge(service, endless);
      const others = service.hashFiles(large, "sha256");
      await cancelled.begun;
      cancelled.abort();

      expect(await service.hashFiles(large, "sha256")).toEqual(coreutilsOutcomes(large, "sha256"));
      expect(await others).toEqual(coreutilsOutcomes(large, "sha256"));
      expect(await cancelled.ended).toBe("AbortError");
    }
  });

  it("is not even begun when its signal was aborted before", async () => {
    await using service = createHashService();
    const reason = new Error("changed my mind");
    const call = service.hashFiles(["/dev/null"], "sha256", { signal: AbortSignal.abort(reason) });

    await expect(call).rejects.toMatchObject({ name: "AbortError", cause: reason });
  });

  it("makes no further progress", async () => {
    using files = temporaryFiles();
    await using service = createHashService();
    const small = files.write("small", "x");
    const abort = new AbortController();
    const seen: HashProgress[] = [];
    const call = service.hashFiles([small], "sha256", {
      signal: abort.signal,
      onProgress: (progress) => seen.push(progress),
    });
    const rejected = expect(call).rejects.toHaveProperty("name", "AbortError");

    abort.abort();

    await rejected;
    await service.hashFiles([small], "sha256");
    expect(seen).toEqual([]);
  });
});

describe("progress", () => {
  it("only grows, and ends at the total", async () => {
    using files = temporaryFiles();
    await using service = createHashService({ clock: steppingClock(1000) });
    const names = Array.from({ length: 3_000 }, (_, index) => files.write(`${index}`, "x".repeat(index)));
    names.splice(1_000, 0, files.path("missing"), files.writeSparse("large", 64 * 1024 ** 2));
    const totalBytes = (2_999 * 3_000) / 2 + 64 * 1024 ** 2;
    const seen: HashProgress[] = [];

    await service.hashFiles(names, "sha256", { onProgress: (progress) => seen.push(progress) });

    expect(seen.length).toBeGreaterThan(5);
    for (const [index, { filesDone, bytesDone, filesTotal, file }] of seen.entries()) {
      expect(filesDone).toBeGreaterThanOrEqual(seen[index - 1]?.filesDone ?? 0);
      expect(bytesDone).toBeGreaterThanOrEqual(seen[index - 1]?.bytesDone ?? 0);
      expect(filesTotal).toBe(names.length);
      expect(names).toContain(file);
    }
    expect(seen.at(-1)).toMatchObject({ filesDone: names.length, bytesDone: totalBytes });
    expect(seen.filter(({ filesDone }) => filesDone === names.length)).toHaveLength(1);
  });

  it("is said once at the end when no time has passed", async () => {
    using files = temporaryFiles();
    await using service = createHashService({ clock: steppingClock(0) });
    const small = files.write("small", "12345");
    const seen: HashProgress[] = [];
    const onProgress = (progress: HashProgress): void => void seen.push(progress);

    await service.hashFiles(new Array<string>(1_200).fill(small), "sha256", { onProgress });
    await service.hashFiles([small], "sha256", { onProgress });

    expect(seen).toEqual([
      { filesDone: 1_200, filesTotal: 1_200, bytesDone: 6_000, file: small },
      { filesDone: 1, filesTotal: 1, bytesDone: 5, file: small },
    ]);
  });

  it("rejects the call, and no other, when its listener throws", async () => {
    using files = temporaryFiles();
    await using service = createHashService({ workerCount: 1 });
    const small = files.write("small", "x");
    const onProgress = (): never => {
      throw new Error("the listener is gone");
    };

    const other = service.hashFiles([small, small], "sha256");
    await expect(service.hashFiles([small, small], "sha256", { onProgress })).rejects.toThrow("the listener is gone");
    await expect(service.hashFiles([small], "sha256", { onProgress })).rejects.toThrow("the listener is gone");
    expect(await other).toHaveLength(2);
  });
});

function openFiles(): string[] {
  return readdirSync("/proc/self/fd").flatMap((descriptor) => {
    try {
      return [readlinkSync(`/proc/self/fd/${descriptor}`)];
    } catch {
      return []; // the descriptor of this very listing
    }
  });
}
