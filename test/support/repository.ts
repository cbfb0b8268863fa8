import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Home } from "./home.ts";

/** A git repository of the home's own with these files in its first commit. Answers its path. */
export function createRepository(home: Home, name: string, files: Readonly<Record<string, string>>): string {
  const root = join(home.dir, name);
  for (const [path, content] of Object.entries({ "README.md": "# A repository\n", ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  git(home, root, "init", "-q", "-b", "main");
  git(home, root, "add", "-A");
  git(home, root, "commit", "-q", "-m", "Begin");
  return root;
}

/** git as the home's user would run it, with nothing of the machine's own configuration, and no clean-up that goes on behind it. */
export function git(home: Home, root: string, ...args: readonly string[]): string {
  const settings = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "gc.auto=0"];
  const env = { ...home.env, GIT_CONFIG_NOSYSTEM: "1" };
  return execFileSync("git", ["-C", root, ...settings, ...args], { env, encoding: "utf8", stdio: "pipe" });
}
