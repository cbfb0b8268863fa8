import type { Stats } from "node:fs";
import { lstat, mkdir, readFile, realpath, stat } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { messageOf, OrchastrationError } from "@orchastration/protocol";
import { writeFileAtomically } from "@orchastration/protocol/node";

/** A document in somebody else's directory. */
export interface DocumentFile {
  readonly path: string;
  /** Its bytes, each one character; empty for one that is not there. */
  readonly text: string;
  /** Puts this in its place, as a whole or not at all. @throws OrchastrationError DocumentRefused */
  replace(text: string): Promise<"created" | "changed" | "unchanged">;
}

/** Beyond it nobody reads a document, and everybody waits. */
const LARGEST_BYTES = 16 * 1024 * 1024;
const NEW_FILE_MODE = 0o644;

/**
 * A document and what is in it. Links are followed as long as they stay in the directory: a repository must not lead us to write elsewhere.
 * @throws OrchastrationError DocumentRefused
 */
export async function openDocument(directory: string, relativePath: string): Promise<DocumentFile> {
  const path = join(directory, relativePath);
  try {
    const root = await realpath(directory);
    const found = await lstat(path).catch(() => undefined);
    const place = found === undefined ? path : await realpath(path);
    requireInside(root, found === undefined ? await nearestExisting(dirname(path)) : place, path);
    const stats = found === undefined ? undefined : await stat(place);
    const text = stats === undefined ? "" : await readDocument(place, stats);
    return { path, text, replace: (next) => replace(path, place, text, next, stats) };
  } catch (error) {
    throw refused(path, error);
  }
}

async function readDocument(path: string, stats: Stats): Promise<string> {
  if (!stats.isFile()) throw new Error("it is no file");
  if (stats.size > LARGEST_BYTES) throw new Error(`it is larger than ${LARGEST_BYTES} bytes`);
  const text = await readFile(path, "latin1");
  if (/^(\xff\xfe|\xfe\xff)|\0/.test(text)) throw new Error("it is no text in UTF-8");
  return text;
}

async function replace(path: string, place: string, before: string, next: string, stats: Stats | undefined) {
  if (next === before && stats !== undefined) return "unchanged";
  try {
    await mkdir(dirname(place), { recursive: true });
    const now = await readFile(place, "latin1").catch(() => "");
    if (now !== before) throw new Error("somebody changed it at this moment; generate again");
    await writeFileAtomically(place, Buffer.from(next, "latin1"), {
      mode: stats === undefined ? NEW_FILE_MODE : stats.mode & 0o777,
    });
  } catch (error) {
    throw refused(path, error);
  }
  return stats === undefined ? "created" : "changed";
}

async function nearestExisting(directory: string): Promise<string> {
  const found = await lstat(directory).catch(() => undefined);
  return found === undefined ? nearestExisting(dirname(directory)) : realpath(directory);
}

function requireInside(root: string, place: string, path: string): void {
  const way = relative(root, place);
  if (way === ".." || way.startsWith(`..${sep}`))
    throw new Error(`${path} leads out of the working directory, to ${place}`);
}

function refused(path: string, error: unknown): OrchastrationError {
  const reason = messageOf(error);
  return new OrchastrationError("DocumentRefused", `${path} cannot be written: ${reason}`, {
    cause: error,
    details: { file: path },
  });
}
