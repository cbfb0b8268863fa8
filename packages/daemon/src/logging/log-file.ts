import { closeSync, fstatSync, ftruncateSync, openSync, readSync, renameSync, writeSync } from "node:fs";

export interface LogFileOptions {
  readonly path: string;
  /** Size at which a file is put aside. */
  readonly maxBytes: number;
  /** How many files put aside are kept, as `<path>.1` (the newest), `<path>.2`, ... */
  readonly kept: number;
}

export interface LogFile {
  /** Appends one line, without its line break, as a whole or not at all. @throws the system's error when there is no room */
  append(line: string): void;
  close(): void;
}

/**
 * Appends lines to a file and puts it aside when it is full. Everything is synchronous: a line is the system's when `append` returns, and a
 * rotation cannot overtake a line. Mode 0600.
 */
export function openLogFile({ path, maxBytes, kept }: LogFileOptions): LogFile {
  let file = openSync(path, "a+", 0o600);
  let sizeBytes = fstatSync(file).size;
  // A process that died while it wrote left half a line: ours begins on one of its own.
  if (sizeBytes > 0 && !endsWithLineBreak(file, sizeBytes)) writeWhole(Buffer.from("\n"));

  function writeWhole(bytes: Buffer): void {
    try {
      for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
    } catch (error) {
      ftruncateSync(file, sizeBytes);
      throw error;
    }
    sizeBytes += bytes.length;
  }

  function rotate(): void {
    for (let n = kept - 1; n >= 1; n -= 1) renameIfPossible(`${path}.${n}`, `${path}.${n + 1}`);
    renameIfPossible(path, `${path}.1`);
    let next: number;
    try {
      next = openSync(path, "a+", 0o600);
    } catch {
      renameIfPossible(`${path}.1`, path);
      return;
    }
    closeSync(file);
    file = next;
    sizeBytes = fstatSync(file).size;
  }

  return {
    append(line) {
      const bytes = Buffer.from(`${line}\n`);
      if (sizeBytes > 0 && sizeBytes + bytes.length > maxBytes) rotate();
      writeWhole(bytes);
    },
    close: () => closeSync(file),
  };
}

function endsWithLineBreak(file: number, sizeBytes: number): boolean {
  const last = Buffer.alloc(1);
  readSync(file, last, 0, 1, sizeBytes - 1);
  return last.toString() === "\n";
}

function renameIfPossible(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch {
    // What is not there need not be put aside, and what cannot be is written on: an overlong file is better than a lost line.
  }
}
