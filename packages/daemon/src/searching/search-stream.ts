import { closeSync, readSync } from "node:fs";
import { openIfPresent, openJournal } from "@orchastration/protocol/node";
import { createLineSearch, type LineHit } from "./line-search.ts";
import { createControlStripper } from "./strip-controls.ts";
import type { TextFinder } from "./text-finder.ts";

/** Where the output of a run lies, and how much of it is the run's. */
export type SearchedStream =
  | { readonly kind: "journal"; readonly directory: string; readonly endOffset: number }
  | { readonly kind: "file"; readonly path: string; readonly endOffset: number };

const READ_BYTES = 256 * 1024;

interface Piece {
  readonly offset: number;
  readonly bytes: Buffer;
}

/** The hits of one stream, a few of them at a time, and none after every read that found nothing: the caller decides whether it goes on. */
export function* searchStream(stream: SearchedStream, finder: TextFinder): Generator<readonly LineHit[], void> {
  let stripper = createControlStripper();
  const lines = createLineSearch(finder);
  let position = 0;
  for (const { offset, bytes } of stream.kind === "journal" ? readJournal(stream) : readFile(stream)) {
    if (offset !== position) {
      yield lines.end();
      stripper = createControlStripper();
    }
    position = offset + bytes.length;
    yield lines.push(stripper.strip(bytes, offset));
  }
  yield lines.end();
}

function* readJournal({ directory, endOffset }: SearchedStream & { kind: "journal" }): Generator<Piece, void> {
  const journal = openJournal(directory);
  for (let position = 0; position < endOffset; ) {
    const { offset, bytes } = journal.read(position, Math.min(READ_BYTES, endOffset - position));
    if (bytes.length === 0) return;
    yield { offset, bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
    position = offset + bytes.length;
  }
}

/** A piece is valid until the next one. */
function* readFile({ path, endOffset }: SearchedStream & { kind: "file" }): Generator<Piece, void> {
  const file = openIfPresent(path);
  if (file === undefined) return;
  try {
    const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, endOffset));
    for (let position = 0; position < endOffset; ) {
      const length = readSync(file, buffer, 0, Math.min(buffer.length, endOffset - position), position);
      if (length === 0) return;
      yield { offset: position, bytes: buffer.subarray(0, length) };
      position += length;
    }
  } finally {
    closeSync(file);
  }
}
