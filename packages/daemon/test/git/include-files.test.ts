import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { type IncludeProgress, includeFiles } from "../../src/git/include-files.ts";
import { createTask, createTestRepository, type TestRepository, type TestTask } from "./git-repository.ts";

const files = { ".gitignore": ".env*\n*.key\ncache/\nlinked\n/folder\n", "README.md": "1\n" };

async function createScene(
  content: Readonly<Record<string, string>> = files,
): Promise<{ repository: TestRepository; task: TestTask }> {
  const repository = createTestRepository(content);
  return { repository, task: await createTask(repository.root) };
}

const include = (
  { repository, task }: { repository: TestRepository; task: TestTask },
  ...patterns: readonly string[]
) =>
  includeFiles({
    from: { gitDir: join(repository.root, ".git"), workTree: repository.root },
    to: task.path,
    patterns,
  });

test("copies ignored files that git's patterns name, with their times and rights", async () => {
  const scene = await createScene();
  const { repository, task } = scene;
  for (const path of [".env", ".env.local", "deep/.env", "cache/a/b", "server.key"])
    repository.write(path, `${path}\n`);
  utimesSync(join(repository.root, ".env"), 1_000_000, 1_000_000);
  expect(await include(scene, ".env*", "!.env.local", "/cache/")).toEqual({ copied: 3, kept: [], failed: [] });
  for (const path of [".env", "deep/.env", "cache/a/b"])
    expect(readFileSync(join(task.path, path), "utf8")).toBe(`${path}\n`);
  expect(existsSync(join(task.path, ".env.local"))).toBe(false);
  expect(existsSync(join(task.path, "server.key"))).toBe(false);
  expect(statSync(join(task.path, ".env")).mtimeMs).toBe(1_000_000_000);
});

test("copies what .worktreeinclude names as well, comments and CRLF in it or not", async () => {
  const scene = await createScene();
  scene.repository.write("server.key", "secret\n");
  scene.repository.write(".worktreeinclude", "# keys\r\n*.key\r\n\r\n");
  expect(await include(scene)).toMatchObject({ copied: 1 });
});

test("copies neither tracked files nor untracked ones that are not ignored", async () => {
  const scene = await createScene();
  scene.repository.write("untracked", "1\n");
  scene.repository.write("README.md", "changed\n");
  expect(await include(scene, "untracked", "README.md", "*")).toMatchObject({ copied: 0, failed: [] });
  expect(readFileSync(join(scene.task.path, "README.md"), "utf8")).toBe("1\n");
});

test("copies nothing of git's, of other worktrees or of the task files", async () => {
  const scene = await createScene({ ".gitignore": ".orchastration/\n" });
  scene.repository.write(".orchastration/worktrees/2-other/.env", "1\n");
  expect(await include(scene, "*")).toMatchObject({ copied: 0, failed: [] });
});

test("never overwrites", async () => {
  const scene = await createScene();
  scene.repository.write(".env", "theirs\n");
  scene.repository.write(".env", "mine\n", scene.task.path);
  expect(await include(scene, ".env")).toEqual({ copied: 0, kept: [".env"], failed: [] });
  expect(readFileSync(join(scene.task.path, ".env"), "utf8")).toBe("mine\n");
});

test("copies a link as a link, and nothing behind it", async () => {
  const scene = await createScene();
  const outside = join(dirname(scene.repository.root), "outside");
  scene.repository.write("precious", "mine\n", outside);
  symlinkSync(outside, join(scene.repository.root, "linked"));
  expect(await include(scene, "linked", "linked/**")).toMatchObject({ copied: 1, failed: [] });
  expect(readlinkSync(join(scene.task.path, "linked"))).toBe(outside);
});

test("does not write through a link in the worktree, and tells an error per file", async () => {
  const scene = await createScene();
  const outside = join(dirname(scene.repository.root), "outside");
  mkdirSync(outside);
  symlinkSync(outside, join(scene.task.path, "folder"));
  scene.repository.write("folder/.env", "1\n");
  scene.repository.write(".env", "1\n");
  const report = await include(scene, ".env");
  expect(report).toMatchObject({ copied: 1, failed: [{ path: "folder/.env" }] });
  expect(readdirSync(outside)).toEqual([]);
});

test("copies names that are no UTF-8 and contents of every byte", async () => {
  const scene = await createScene();
  const name = Buffer.concat([Buffer.from(`${scene.repository.root}/.env-`), Buffer.from([0xff, 0xfe])]);
  const content = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  writeFileSync(name, content);
  expect(await include(scene, ".env-*")).toEqual({ copied: 1, kept: [], failed: [] });
  const copy = Buffer.concat([Buffer.from(`${scene.task.path}/.env-`), Buffer.from([0xff, 0xfe])]);
  expect(readFileSync(copy)).toEqual(content);
  expect(lstatSync(copy).isFile()).toBe(true);
});

test("copies no further file once it is cancelled", async () => {
  const { repository, task } = await createScene();
  for (let index = 0; index < 50; index++) repository.write(`cache/${index}`, "1\n");
  const cancelling = new AbortController();
  const { copied, failed } = await includeFiles(
    {
      from: { gitDir: join(repository.root, ".git"), workTree: repository.root },
      to: task.path,
      patterns: ["cache/"],
      cancelled: cancelling.signal,
    },
    () => cancelling.abort(),
  );
  // Those that were being copied at that moment are complete.
  expect(copied).toBeLessThanOrEqual(4);
  expect(failed).toEqual([]);
});

test("tells its progress", async () => {
  const { repository, task } = await createScene();
  for (const name of ["a", "b", "c"]) repository.write(`cache/${name}`, "1\n");
  const seen: IncludeProgress[] = [];
  await includeFiles(
    { from: { gitDir: join(repository.root, ".git"), workTree: repository.root }, to: task.path, patterns: ["cache/"] },
    (progress) => seen.push(progress),
  );
  expect(seen).toEqual([1, 2, 3].map((done) => ({ done, total: 3 })));
});
