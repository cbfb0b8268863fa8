import { execFileSync } from "node:child_process";
import { chmodSync, closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A small file system of its own at a directory, which root alone can have. */
export function mountSmall(directory: string): Disposable {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m,mode=0700", "tmpfs", directory]);
  return { [Symbol.dispose]: () => void execFileSync("umount", ["--lazy", directory]) };
}

/** Takes every byte that is left. Returns the way back. */
export function fill(directory: string): () => void {
  const path = join(directory, "filler");
  const file = openSync(path, "w");
  for (let size = 65_536; size >= 1; ) {
    try {
      writeSync(file, Buffer.alloc(size));
    } catch {
      size = Math.floor(size / 2);
    }
  }
  closeSync(file);
  return () => rmSync(path);
}

/** In no directory below it anything can be created, removed or renamed, not even by root. Returns the way back. */
export function freeze(directory: string): () => void {
  const change = (flag: string) => execFileSync("find", [directory, "-type", "d", "-exec", "chattr", flag, "{}", "+"]);
  change("+i");
  return () => void change("-i");
}

const isRoot = process.getuid?.() === 0;

/** The same by permissions, where those mean something to whoever runs the tests. */
export function forbid(directory: string): () => void {
  if (isRoot) return freeze(directory);
  chmodSync(directory, 0o555);
  return () => chmodSync(directory, 0o755);
}

function isPossible(attempt: (directory: string) => void): boolean {
  const directory = mkdtempSync(join(tmpdir(), "orchastration-probe-"));
  try {
    attempt(directory);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export const canMount = isPossible((directory) => mountSmall(directory)[Symbol.dispose]());
export const canFreeze = isPossible((directory) => freeze(directory)());
export const canForbid = !isRoot || canFreeze;
