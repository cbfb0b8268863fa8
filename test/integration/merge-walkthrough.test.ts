import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { everyByte, lostBytes } from "../support/every-byte.ts";
import { createHome } from "../support/home.ts";
import { createLargeRepository, NAME_WITH_NEWLINE } from "../support/large-repository.ts";
import { HAS_TMUX, openOuterTerminal } from "../support/outer-terminal.ts";
import { git } from "../support/repository.ts";
import { until } from "../support/until.ts";

const AGENT = resolve(import.meta.dirname, "../fixtures/agents/scripted-agent.mjs");

interface ShownTask {
  readonly name: string;
  readonly status: string;
  readonly worktree: string;
  readonly branch: string;
}

test.skipIf(!HAS_TMUX)(
  "a large repository, from init through three agents at once to gc (tmux)",
  { timeout: 400_000 },
  async () => {
    await using home = createHome();
    const root = createLargeRepository(home);
    appendFileSync(join(home.dir, ".gitconfig"), "[user]\n\tname = Ada\n\temail = ada@example.org\n");
    home.writeConfig(
      `[agents.scripted]\ncommand = [${JSON.stringify(process.execPath)}, ${JSON.stringify(AGENT)}]\nprompt = "argv"\n`,
    );
    const inRoot = { cwd: root };
    const cli = (...args: readonly string[]) => home.cli(args, inRoot);
    const show = async (task: string) => (await home.json(["status", task], inRoot)) as unknown as ShownTask;
    const before = everyByte(root);
    const base = git(home, root, "rev-parse", "main").trim();

    expect(await cli("init")).toMatchObject({ code: 0 });
    const work = {
      headers: "@write include/all.h #pragma once\n@commit Add a header",
      names: `@append docs/übersicht\u00a0–\u00a0概要.md More.\n@write docs/überall.md Everywhere\n@commit Write more`,
      assets: "@write assets/more.bin another large file\n@delete src/part-1/file-1.c\n@commit Replace a part",
    };
    const begun = await Promise.all(
      Object.entries(work).map(([slug, steps]) =>
        home.cli(
          ["--json", "new", slug, "--agent", "scripted", "--start", "--message", `Do this:\n\n${steps}`],
          inRoot,
        ),
      ),
    );
    expect(begun.map(({ code, stderr }) => ({ code, stderr }))).toEqual(begun.map(() => ({ code: 0, stderr: "" })));
    const tasks = await Promise.all(Object.keys(work).map(show));
    expect(new Set(tasks.map(({ worktree }) => worktree)).size).toBe(3);

    // A person looks in on each, gives it a word, and leaves.
    for (const { name, worktree } of tasks) {
      using terminal = openOuterTerminal(home, { cols: 120 });
      terminal.type(`cd '${root}'`);
      terminal.press("Enter");
      terminal.orchastration("attach", name);
      await until(() => git(home, worktree, "rev-parse", "HEAD").trim() !== base);
      await terminal.shows(/^> ?$/m);
      terminal.type(`hello ${name}`);
      terminal.press("Enter");
      await terminal.shows(`you said: hello ${name}`);
      terminal.press("C-q");
      await terminal.shows("outer$");
    }

    for (const { name, worktree } of tasks) {
      expect(readFileSync(join(worktree, "assets/large.bin"), "utf8")).toBe("a large file\n".repeat(1_000));
      expect(existsSync(join(worktree, NAME_WITH_NEWLINE))).toBe(true);
      expect(existsSync(join(worktree, "build"))).toBe(false);
      expect(git(home, worktree, "status", "--porcelain")).toBe("");
      expect(await cli("complete", name, "--stop")).toMatchObject({ code: 0 });
      expect(await cli("reviewed", name)).toMatchObject({ code: 0 });
    }
    // Nobody has touched the user's checkout until now.
    expect(git(home, root, "rev-parse", "main").trim()).toBe(base);
    expect(lostBytes(before, root)).toEqual([]);
    expect(git(home, root, "status", "--porcelain")).toBe("?? .orchastration/\n");

    for (const { name } of tasks) {
      const { code, stderr } = await cli("merge", name);
      expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining(`fast-forwarded in ${root}`) });
    }
    expect(git(home, root, "rev-list", "--count", `${base}..main`).trim()).toBe("3");
    expect(git(home, root, "status", "--porcelain")).toBe("?? .orchastration/\n");
    expect(readFileSync(join(root, "assets/more.bin"), "utf8")).toBe("another large file\n");
    expect(git(home, root, "show", "main:assets/more.bin")).toMatch(/^[0-9a-f]{64}\n$/);
    expect(existsSync(join(root, "src/part-1/file-1.c"))).toBe(false);
    expect(readFileSync(join(root, "build/main.o"), "utf8")).toBe("object code\n");

    const collected = await cli("gc", "--yes");
    expect(collected).toMatchObject({ code: 0 });
    expect(git(home, root, "worktree", "list").trim().split("\n")).toHaveLength(1);
    expect(git(home, root, "branch", "--format=%(refname:short)")).toBe("main\n");
    expect(git(home, root, "fsck", "--strict", "--no-dangling")).toBe("");
    expect(git(home, root, "for-each-ref", "refs/orchastration/backup").trim().split("\n")).toHaveLength(3);
    for (const { branch } of tasks) expect(branch).toMatch(/^orchastration\/\d-/);
  },
);
