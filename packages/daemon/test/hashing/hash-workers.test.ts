import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { getPriority } from "node:os";
import { fileURLToPath } from "node:url";
import type { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import type { Clock } from "../../src/hashing/clock.ts";
import { createHashService } from "../../src/hashing/hash-service.ts";
import { coreutilsOutcomes } from "./coreutils.ts";
import { temporaryFiles } from "./temporary-files.ts";

const crashOnOrder = new URL("./fixtures/crash-on-order.ts", import.meta.url);

/** The worker threads that are started while it is in scope. */
function watchWorkers() {
  const started: Worker[] = [];
  const add = (worker: Worker): void => void started.push(worker);
  process.on("worker", add);
  return { started, [Symbol.dispose]: () => process.off("worker", add) };
}

describe("workers", () => {
  it("start when there is work for them, and no more than allowed", async () => {
    using files = temporaryFiles();
    using workers = watchWorkers();
    await using service = createHashService({ workerCount: 2 });
    const small = files.write("small", "x");

    await service.hashFiles([small], "sha256");
    await service.hashPrefix(small, 1);
    expect(workers.started).toHaveLength(0);

    await service.hashFiles([small, small], "sha256");
    await service.hashFiles([small, small], "sha256");
    expect(workers.started).toHaveLength(1);

    await Promise.all(
      Array.from({ length: 10 }, () => service.hashFiles(new Array<string>(1_500).fill(small), "sha256")),
    );
    expect(workers.started).toHaveLength(2);
  });

  it("take a single file of more than 64 KiB", async () => {
    using files = temporaryFiles();
    using workers = watchWorkers();
    await using service = createHashService();
    const limit = files.write("limit", "x".repeat(64 * 1024));
    const above = files.write("above", "x".repeat(64 * 1024 + 1));

    await service.hashFiles([limit], "sha256");
    await service.hashPrefix(above, 64 * 1024);
    expect(workers.started).toHaveLength(0);
    await service.hashFiles([above], "sha256");
    expect(workers.started).toHaveLength(1);
  });

  it("end when they have been idle, and start again", async () => {
    using files = temporaryFiles();
    using workers = watchWorkers();
    const timers = new Map<() => void, number>();
    const clock: Clock = {
      monotonicMs: () => 0,
      after(delayMs, callback) {
        timers.set(callback, delayMs);
        return () => timers.delete(callback);
      },
    };
    await using service = createHashService({ clock, idleMs: 1234 });
    const small = files.write("small", "x");
    await service.hashFiles([small, small], "sha256");
    const again = service.hashFiles([small, small], "sha256");
    const large = service.hashFiles([files.writeSparse("large", 1_000_000)], "sha256");
    await Promise.all([again, large]);

    expect([...timers.values()]).toEqual(workers.started.map(() => 1234));
    const ended = workers.started.map((worker) => once(worker, "exit"));
    for (const callback of timers.keys()) callback();
    await Promise.all(ended);

    const before = workers.started.length;
    expect(await service.hashFiles([small, small], "sha256")).toHaveLength(2);
    expect(workers.started).toHaveLength(before + 1);
  });

  it("are not ended for idleness while they work", async () => {
    using files = temporaryFiles();
    const timers = new Set<() => void>();
    const clock: Clock = {
      monotonicMs: () => 0,
      after(_delayMs, callback) {
        timers.add(callback);
        return () => timers.delete(callback);
      },
    };
    await using service = createHashService({ clock, workerCount: 1 });
    const small = files.write("small", "x");
    await service.hashFiles([small, small], "sha256");
    expect(timers.size).toBe(1);

    const working = service.hashFiles([small, small], "sha256");
    expect(timers.size).toBe(0);
    await working;
    expect(timers.size).toBe(1);
  });

  it.runIf(process.platform === "linux")("leave the processor to the event loop", async () => {
    using files = temporaryFiles();
    await using service = createHashService();
    const small = files.write("small", "x");
    const ours = getPriority();
    expect(new Set(threadPriorities())).toEqual(new Set([ours]));

    await service.hashFiles([small, small], "sha256");

    expect(new Set(threadPriorities())).toEqual(new Set([ours, Math.min(ours + 5, 19)]));
    expect(getPriority()).toBe(ours);
  });

  it("end with the service", async () => {
    using files = temporaryFiles();
    using workers = watchWorkers();
    const service = createHashService();
    const small = files.write("small", "x");
    await service.hashFiles([small, small], "sha256");
    const ended = workers.started.map((worker) => once(worker, "exit"));

    await service.close();

    expect(await Promise.all(ended)).toHaveLength(1);
  });

  it("keep no process alive", () => {
    using files = temporaryFiles();
    const names = [files.write("a", "a"), files.write("b", "b")];
    const program = fileURLToPath(new URL("./fixtures/hash-and-leave.ts", import.meta.url));

    const output = execFileSync(process.execPath, ["--conditions=source", program, ...names], { encoding: "utf8" });

    expect(JSON.parse(output)).toEqual(coreutilsOutcomes(names, "sha256"));
  });
});

describe("a worker that ends", () => {
  it.each([
    { name: "crash", reason: "a defect of the worker" },
    { name: "exhaust", reason: "Worker terminated due to reaching memory limit" },
  ])("rejects the calls it was serving, and the next one has a new worker: $name", async ({ name, reason }) => {
    using files = temporaryFiles();
    using workers = watchWorkers();
    await using service = createHashService({ workerUrl: crashOnOrder, workerCount: 1 });
    const small = [files.write("a", "a"), files.write("b", "b")];
    const served = expect(service.hashFiles([files.writeSparse("large", 8 * 1024 ** 3)], "sha256")).rejects.toThrow(
      reason,
    );

    await expect(service.hashFiles([files.write(name, ""), ...small], "sha256")).rejects.toThrow(
      `A hash worker ended while it was hashing: ${reason}`,
    );

    await served;
    expect(await service.hashFiles(small, "sha256")).toEqual(coreutilsOutcomes(small, "sha256"));
    expect(workers.started).toHaveLength(2);
  });

  it("rejects no call of another worker", async () => {
    using files = temporaryFiles();
    await using service = createHashService({ workerUrl: crashOnOrder, workerCount: 2 });
    const large = files.writeSparse("large", 256 * 1024 ** 2);
    const other = service.hashFiles([large], "sha256");

    await expect(service.hashFiles([files.write("crash", ""), large], "sha256")).rejects.toThrow("a defect");

    expect(await other).toEqual(coreutilsOutcomes([large], "sha256"));
  });

  it("is one that cannot start at all", async () => {
    await using service = createHashService({ workerUrl: new URL("./fixtures/missing.ts", import.meta.url) });
    await expect(service.hashFiles(["a", "b"], "sha256")).rejects.toThrow(/A hash worker ended.*Cannot find module/);
  });
});

/** The nice values of the threads of this process; the 19th field, counted from the end of the name, which may have spaces. */
function threadPriorities(): number[] {
  return readdirSync("/proc/self/task").map((thread) => {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16]);
  });
}
