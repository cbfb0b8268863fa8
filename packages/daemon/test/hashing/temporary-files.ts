import { mkdirSync, mkdtempDisposableSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A directory that is removed at the end of the scope, and ways to fill it; each returns the path. */
export function temporaryFiles() {
  const directory = mkdtempDisposableSync(join(tmpdir(), "orchastration-hashing-"));

  function write(name: string, content: string | Uint8Array): string {
    const file = join(directory.path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  }

  return {
    path: (name: string) => join(directory.path, name),
    write,
    /** Zeros that take no room on the disk. */
    writeSparse(name: string, sizeBytes: number): string {
      const file = write(name, "");
      truncateSync(file, sizeBytes);
      return file;
    },
    [Symbol.dispose]: () => directory.remove(),
  };
}
