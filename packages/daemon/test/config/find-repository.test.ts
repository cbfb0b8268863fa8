import { mkdir, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findRepositoryRoot } from "../../src/config/find-repository.ts";
import { createTemporaryDirectory, type TemporaryDirectory } from "./temporary-repository.ts";

async function createRepository(directory: TemporaryDirectory, name = "main"): Promise<string> {
  const root = join(directory.path, name);
  await mkdir(root);
  directory.git(root, "init", "-q");
  directory.git(root, "commit", "-q", "--allow-empty", "-m", "first");
  return root;
}

test("the repository of a sub-directory is the one it lies in", async () => {
  await using directory = await createTemporaryDirectory();
  const root = await createRepository(directory);
  await mkdir(join(root, "a", "b"), { recursive: true });
  expect(findRepositoryRoot(root)).toBe(root);
  expect(findRepositoryRoot(join(root, "a", "b"))).toBe(root);
  expect(findRepositoryRoot(join(root, ".git"))).toBe(root);
});

test("a linked worktree belongs to the main worktree, wherever it lies", async () => {
  await using directory = await createTemporaryDirectory();
  const root = await createRepository(directory);
  const outside = join(directory.path, "outside");
  const inside = join(root, ".orchastration", "worktrees", "1-x");
  for (const linked of [outside, inside]) directory.git(root, "worktree", "add", "-q", "--detach", linked);
  await mkdir(join(outside, "deep"));
  expect(findRepositoryRoot(join(outside, "deep"))).toBe(root);
  expect(findRepositoryRoot(inside)).toBe(root);
});

test("git agrees on which worktree is the main one", async () => {
  await using directory = await createTemporaryDirectory();
  const root = await createRepository(directory);
  const linked = join(directory.path, "linked");
  directory.git(root, "worktree", "add", "-q", "--detach", linked);
  const [main] = directory.git(linked, "worktree", "list", "--porcelain").split("\n");
  expect(`worktree ${findRepositoryRoot(linked)}`).toBe(main);
});

test("the path is canonical when the way there leads over a link", async () => {
  await using directory = await createTemporaryDirectory();
  const root = await createRepository(directory);
  await symlink(root, join(directory.path, "link"));
  expect(findRepositoryRoot(join(directory.path, "link"))).toBe(root);
});

test("a submodule is a repository of its own", async () => {
  await using directory = await createTemporaryDirectory();
  const library = await createRepository(directory, "library");
  const root = await createRepository(directory);
  directory.git(root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", library, "sub");
  expect(findRepositoryRoot(join(root, "sub"))).toBe(join(root, "sub"));
});

test("a repository whose git directory lies elsewhere is found", async () => {
  await using directory = await createTemporaryDirectory();
  const root = join(directory.path, "main");
  directory.git(directory.path, "init", "-q", "--separate-git-dir", join(directory.path, "store"), root);
  expect(findRepositoryRoot(root)).toBe(root);
});

test("a worktree of a bare repository stands for itself", async () => {
  await using directory = await createTemporaryDirectory();
  const root = await createRepository(directory);
  directory.git(directory.path, "clone", "-q", "--bare", root, "bare.git");
  const linked = join(directory.path, "linked");
  directory.git(join(directory.path, "bare.git"), "worktree", "add", "-q", "--detach", linked);
  expect(findRepositoryRoot(linked)).toBe(linked);
});

test("worktrees beside a hidden bare repository belong to the folder that holds them", async () => {
  await using directory = await createTemporaryDirectory();
  const root = await createRepository(directory);
  const project = join(directory.path, "project");
  directory.git(directory.path, "clone", "-q", "--bare", root, "project/.bare");
  await directory.write("project/.git", "gitdir: ./.bare\n");
  directory.git(project, "worktree", "add", "-q", "--detach", "feature");
  expect(findRepositoryRoot(join(project, "feature"))).toBe(project);
});

test("outside of every repository there is none", async () => {
  await using directory = await createTemporaryDirectory();
  expect(findRepositoryRoot(directory.path)).toBeNull();
  expect(findRepositoryRoot(join(directory.path, "absent"))).toBeNull();
});

test("a .git that is none of git's is passed over", async () => {
  await using directory = await createTemporaryDirectory();
  const root = await createRepository(directory);
  await mkdir(join(root, "a", ".git"), { recursive: true });
  await directory.write("main/b/.git", "not a git file\n");
  await directory.write("main/c/.git", "gitdir: /absent\n");
  for (const folder of ["a", "b", "c"]) expect(findRepositoryRoot(join(root, folder))).toBe(root);
});

test("a worktree whose repository is gone belongs to none", async () => {
  await using directory = await createTemporaryDirectory();
  const root = await createRepository(directory);
  const linked = join(directory.path, "linked");
  directory.git(root, "worktree", "add", "-q", "--detach", linked);
  await rename(root, join(directory.path, "moved"));
  expect(findRepositoryRoot(linked)).toBeNull();
  await rm(join(linked, ".git"));
  expect(findRepositoryRoot(linked)).toBeNull();
});
