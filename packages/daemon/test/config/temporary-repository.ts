import { execFileSync } from "node:child_process";
import { mkdir, mkdtempDisposable, realpath, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export interface TemporaryDirectory extends AsyncDisposable {
  /** Canonical. */
  readonly path: string;
  write(file: string, text: string): Promise<string>;
  /** Runs git in `directory` without the configuration of this machine, and returns what it printed. */
  git(directory: string, ...argv: string[]): string;
}

export async function createTemporaryDirectory(): Promise<TemporaryDirectory> {
  const directory = await mkdtempDisposable(join(tmpdir(), "orchastration-config-"));
  const path = await realpath(directory.path);
  const env = {
    PATH: process.env["PATH"],
    HOME: path,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_AUTHOR_NAME: "a",
    GIT_AUTHOR_EMAIL: "a@example.invalid",
    GIT_COMMITTER_NAME: "a",
    GIT_COMMITTER_EMAIL: "a@example.invalid",
  };
  return {
    path,
    async write(file, text) {
      const target = join(path, file);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, text);
      return target;
    },
    git: (cwd, ...argv) =>
      execFileSync("git", argv, { cwd, env, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}
