import { mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { findRepositoryRoot } from "../../src/config/find-repository.ts";
import { judgeGitVersion, openRepository } from "../../src/git/repository.ts";
import { createTask, createTestRepository } from "./git-repository.ts";

describe("a repository is opened", () => {
  test("from its root, a sub-directory and through a link", async () => {
    const repository = createTestRepository({ "a/b/c": "1\n" });
    const link = join(dirname(repository.root), "link");
    symlinkSync(repository.root, link);
    const head = { kind: "branch", branch: "main", commit: repository.commitOf("main") };
    for (const directory of [repository.root, join(repository.root, "a/b"), join(link, "a")]) {
      expect(await openRepository(directory)).toEqual({
        kind: "opened",
        repository: {
          root: repository.root,
          gitDir: join(repository.root, ".git"),
          commonDir: join(repository.root, ".git"),
          workTree: repository.root,
          isBare: false,
          isShallow: false,
          head,
        },
      });
    }
  });

  test("from a linked worktree, as the one of its main worktree", async () => {
    const repository = createTestRepository();
    const task = await createTask(repository.root);
    expect(await openRepository(task.path)).toMatchObject({
      repository: {
        root: repository.root,
        commonDir: join(repository.root, ".git"),
        gitDir: join(repository.root, ".git/worktrees/1-work"),
        workTree: task.path,
        head: { branch: "orchastration/1-work" },
      },
    });
  });

  test("with its git directory elsewhere", async () => {
    const root = join(temporaryDirectory(), "work");
    const gitDir = join(temporaryDirectory(), "git");
    mkdirSync(root);
    const helper = createTestRepository();
    helper.gitIn(root, "init", "-q", "--separate-git-dir", gitDir);
    expect(await openRepository(root)).toMatchObject({
      repository: { root, gitDir, commonDir: gitDir, isBare: false },
    });
  });

  test("bare, shallow, with no commit and with a detached HEAD", async () => {
    const origin = createTestRepository();
    origin.commit({ more: "1\n" });
    const bare = join(dirname(origin.root), "bare");
    origin.git("clone", "-q", "--bare", origin.root, bare);
    expect(await openRepository(join(bare, "refs"))).toMatchObject({
      repository: { root: bare, isBare: true, workTree: null, head: { kind: "branch" } },
    });
    const shallow = join(dirname(origin.root), "shallow");
    origin.git("clone", "-q", "--depth=1", `file://${origin.root}`, shallow);
    expect(await openRepository(shallow)).toMatchObject({ repository: { isShallow: true } });
    expect(await openRepository(createTestRepository({}).root)).toMatchObject({
      repository: { head: { kind: "unborn", branch: "main" } },
    });
    origin.git("switch", "-q", "--detach");
    expect(await openRepository(origin.root)).toMatchObject({ repository: { head: { kind: "detached" } } });
  });

  test("under the same root as configuration finds it", async () => {
    const origin = createTestRepository({ "a/b": "1\n" });
    const task = await createTask(origin.root);
    const project = join(dirname(origin.root), "project");
    origin.git("clone", "-q", "--bare", origin.root, join(project, ".bare"));
    writeFileSync(join(project, ".git"), "gitdir: ./.bare\n");
    origin.gitIn(project, "worktree", "add", "-q", join(project, "linked"), "main");
    for (const directory of [origin.root, join(origin.root, "a"), task.path, project, join(project, "linked")]) {
      const opened = await openRepository(directory);
      expect([directory, opened.kind === "opened" && opened.repository.root]).toEqual([
        directory,
        findRepositoryRoot(directory),
      ]);
    }
  });

  test("nowhere outside of one", async () => {
    expect(await openRepository(realpathSync(temporaryDirectory()))).toEqual({ kind: "none" });
    expect(await openRepository(join(temporaryDirectory(), "gone"))).toEqual({ kind: "none" });
  });

  test("or refused with git's reason", async () => {
    const repository = createTestRepository();
    rmSync(join(repository.root, ".git/HEAD"));
    expect(await openRepository(repository.root)).toMatchObject({ kind: "refused", at: repository.root });
    const broken = temporaryDirectory();
    writeFileSync(join(broken, ".git"), "gitdir: /nowhere\n");
    expect(await openRepository(broken)).toMatchObject({ kind: "refused", why: expect.stringContaining("/nowhere") });
  });
});

test.each([
  ["git version 2.39.5", "sufficient", "2.39.5"],
  ["git version 2.38.0", "sufficient", "2.38.0"],
  ["git version 2.50.1 (Apple Git-155)", "sufficient", "2.50.1"],
  ["git version 2.47.0.windows.2", "sufficient", "2.47.0"],
  ["git version 3.0.0", "sufficient", "3.0.0"],
  ["git version 2.37.7", "too-old", "2.37.7"],
  ["git version 1.99.0", "too-old", "1.99.0"],
])("%s is %s", (printed, kind, version) => {
  expect(judgeGitVersion(printed)).toMatchObject({ kind, version });
});
