import { execFileSync } from "node:child_process";
import { appendFileSync, chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Home } from "./home.ts";
import { git } from "./repository.ts";

/** A name that every listing of git has to quote. */
export const NAME_WITH_NEWLINE = "docs/two\nlines.md";

/**
 * A clone such as people have: thousands of files, a submodule, a filter of the user's that keeps large files elsewhere, as Git LFS does, an ignored
 * build directory, links, names that are not ASCII. Answers its path.
 */
export function createLargeRepository(home: Home, { files = 5_000 } = {}): string {
  configureFilter(home);
  const module = join(home.dir, "module");
  write(module, "lib.c", "int lib(void) { return 1; }\n");
  begin(home, module);

  const origin = join(home.dir, "origin");
  for (let n = 0; n < files; n++) write(origin, `src/part-${n % 50}/file-${n}.c`, `int f${n}(void) { return ${n}; }\n`);
  write(origin, ".gitignore", "build/\n.env\n");
  write(origin, ".gitattributes", "*.bin filter=store -text\n");
  write(origin, "assets/large.bin", "a large file\n".repeat(1_000));
  write(origin, "docs/übersicht – 概要.md", "# Übersicht\n");
  write(origin, NAME_WITH_NEWLINE, "# Two lines\n");
  write(origin, "README.md", "# A large repository\n");
  symlinkSync("src/part-0", join(origin, "first"));
  symlinkSync("../nowhere", join(origin, "dangling"));
  begin(home, origin);
  git(home, origin, "-c", "protocol.file.allow=always", "submodule", "add", "-q", module, "third-party/module");
  git(home, origin, "commit", "-q", "-m", "Add a module");

  const root = join(home.dir, "project");
  const clone = ["-c", "protocol.file.allow=always", "clone", "-q", "--recurse-submodules", origin, root];
  git(home, home.dir, ...clone);
  write(root, "build/main.o", "object code\n");
  write(root, ".env", "SECRET=1\n");
  return root;
}

/** In the user's own configuration, where a filter may run: clean keeps a digest and stores the content, smudge brings it back. */
function configureFilter(home: Home): void {
  const store = join(home.dir, "store");
  mkdirSync(store);
  const clean = join(home.dir, "clean.sh");
  const smudge = join(home.dir, "smudge.sh");
  writeFileSync(
    clean,
    `#!/bin/sh\ncat > "${store}/$$"\nsum=$(sha256sum < "${store}/$$" | cut -c1-64)\nmv "${store}/$$" "${store}/$sum"\necho "$sum"\n`,
  );
  writeFileSync(smudge, `#!/bin/sh\nread -r sum\ncat "${store}/$sum"\n`);
  for (const program of [clean, smudge]) chmodSync(program, 0o755);
  appendFileSync(
    join(home.dir, ".gitconfig"),
    `[filter "store"]\n\tclean = ${clean}\n\tsmudge = ${smudge}\n\trequired = true\n`,
  );
  // So many files are reason enough for git to repack them in the background, while others copy them.
  appendFileSync(join(home.dir, ".gitconfig"), "[gc]\n\tauto = 0\n");
}

function begin(home: Home, root: string): void {
  execFileSync("git", ["init", "-q", "-b", "main", root], { env: home.env });
  git(home, root, "add", "-A");
  git(home, root, "commit", "-q", "-m", "Begin");
}

function write(root: string, path: string, content: string): void {
  mkdirSync(join(root, path, ".."), { recursive: true });
  writeFileSync(join(root, path), content);
}
