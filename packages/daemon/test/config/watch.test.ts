import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { watchConfig } from "../../src/config/watch.ts";
import { createTemporaryDirectory } from "./temporary-repository.ts";

interface Observed extends Disposable {
  readonly reloads: () => number;
  /** Resolves when a reload is scheduled that was not there when this was called. */
  nextSchedule(): Promise<void>;
  /** Lets the scheduled reload happen. */
  settle(): void;
  readonly errors: unknown[];
}

/** Time stands still: what is scheduled happens when the test says so. */
function observe(file: string): Observed {
  let reloads = 0;
  let pending: (() => void) | undefined;
  let announce = () => {};
  const errors: unknown[] = [];
  const watch = watchConfig(
    file,
    () => {
      reloads += 1;
    },
    {
      schedule(action) {
        pending = action;
        announce();
        return () => {
          pending = undefined;
        };
      },
      onError: (error) => errors.push(error),
    },
  );
  return {
    reloads: () => reloads,
    nextSchedule: () =>
      new Promise((resolve) => {
        announce = resolve;
      }),
    settle() {
      const action = pending;
      pending = undefined;
      action?.();
    },
    errors,
    [Symbol.dispose]: () => watch.close(),
  };
}

describe("a watched file is reloaded", () => {
  test("when it is written", async () => {
    await using directory = await createTemporaryDirectory();
    const file = await directory.write("config.toml", "a = 1\n");
    using observed = observe(file);
    const scheduled = observed.nextSchedule();
    await writeFile(file, "a = 22\n");
    await scheduled;
    observed.settle();
    expect(observed.reloads()).toBe(1);
  });

  test("when an editor renames a new one over it, and again after that", async () => {
    await using directory = await createTemporaryDirectory();
    const file = await directory.write("config.toml", "a = 1\n");
    using observed = observe(file);
    for (const round of [1, 2, 3]) {
      const scheduled = observed.nextSchedule();
      await rename(await directory.write(".config.toml.swp", `a = ${round}\n`), file);
      await scheduled;
      observed.settle();
    }
    expect(observed.reloads()).toBe(3);
  });

  test("when it is made in a directory that did not exist", async () => {
    await using directory = await createTemporaryDirectory();
    const file = join(directory.path, "a", "b", "c", "config.toml");
    using observed = observe(file);
    const made = observed.nextSchedule();
    await directory.write("a/b/c/config.toml", "a = 1\n");
    await made;
    const changed = observed.nextSchedule();
    await writeFile(file, "a = 22\n");
    await changed;
    observed.settle();
    expect(observed.reloads()).toBe(1);
  });

  test("when it is removed, and when it comes back", async () => {
    await using directory = await createTemporaryDirectory();
    const file = await directory.write("config.toml", "a = 1\n");
    using observed = observe(file);
    const removed = observed.nextSchedule();
    await rm(file);
    await removed;
    const back = observed.nextSchedule();
    await writeFile(file, "a = 1\n");
    await back;
    observed.settle();
    expect(observed.reloads()).toBe(1);
  });

  test("when its directory is removed and made anew", async () => {
    await using directory = await createTemporaryDirectory();
    const file = await directory.write("home/config.toml", "a = 1\n");
    using observed = observe(file);
    const removed = observed.nextSchedule();
    await rm(join(directory.path, "home"), { recursive: true });
    await removed;
    const back = observed.nextSchedule();
    await directory.write("home/config.toml", "a = 2\n");
    await back;
    observed.settle();
    expect(observed.reloads()).toBe(1);
  });

  test("when its directory is moved away and another one takes the name", async () => {
    await using directory = await createTemporaryDirectory();
    const file = await directory.write("home/config.toml", "a = 1\n");
    using observed = observe(file);
    const moved = observed.nextSchedule();
    await rename(join(directory.path, "home"), join(directory.path, "old"));
    await moved;
    const back = observed.nextSchedule();
    await directory.write("home/config.toml", "a = 2\n");
    await back;
    observed.settle();
    expect(observed.reloads()).toBe(1);
  });

  test.skipIf(process.platform === "win32")("when what it links to is written", async () => {
    await using directory = await createTemporaryDirectory();
    const target = await directory.write("dotfiles/config.toml", "a = 1\n");
    await mkdir(join(directory.path, "home"));
    const file = join(directory.path, "home", "config.toml");
    await symlink(target, file);
    using observed = observe(file);
    const scheduled = observed.nextSchedule();
    await writeFile(target, "a = 22\n");
    await scheduled;
    observed.settle();
    expect(observed.reloads()).toBe(1);
  });
});

test("many changes in a row are one reload", async () => {
  await using directory = await createTemporaryDirectory();
  const file = await directory.write("config.toml", "");
  using observed = observe(file);
  for (const round of [1, 2, 3, 4, 5]) {
    const scheduled = observed.nextSchedule();
    await rename(await directory.write("next.toml", "#".repeat(round)), file);
    await scheduled;
  }
  observed.settle();
  observed.settle();
  expect(observed.reloads()).toBe(1);
});

test("other files of the directory are none of its business", async () => {
  await using directory = await createTemporaryDirectory();
  const file = await directory.write("config.toml", "a = 1\n");
  using observed = observe(file);
  await directory.write("other.toml", "b = 1\n");
  const scheduled = observed.nextSchedule();
  // Events come in order: what the other file caused has been looked at when this is scheduled.
  await writeFile(file, "a = 22\n");
  await scheduled;
  observed.settle();
  expect(observed.reloads()).toBe(1);
  expect(observed.errors).toEqual([]);
});

test("after closing nothing is reloaded, not even what was scheduled", async () => {
  await using directory = await createTemporaryDirectory();
  const file = await directory.write("config.toml", "a = 1\n");
  const observed = observe(file);
  const scheduled = observed.nextSchedule();
  await writeFile(file, "a = 22\n");
  await scheduled;
  observed[Symbol.dispose]();
  observed.settle();
  expect(observed.reloads()).toBe(0);
});
