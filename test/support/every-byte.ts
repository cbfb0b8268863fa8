import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Of the machine, without what would lead git elsewhere. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_")));

/**
 * Every byte a person could miss: the files of each checkout (git's own directory aside), what is staged, and every commit that a ref or a log
 * reaches, by digest.
 */
export function everyByte(root: string, ...checkouts: readonly string[]): ReadonlySet<string> {
  const git = (directory: string, ...args: readonly string[]) =>
    execFileSync("git", args, { cwd: directory, encoding: "utf8", stdio: "pipe", env });
  const bytes = new Set<string>();
  for (const checkout of [root, ...checkouts]) {
    for (const path of walk(Buffer.from(checkout))) bytes.add(`file ${path.toString("latin1")} ${digest(path)}`);
  }
  for (const commit of git(root, "rev-list", "--all", "--reflog").split("\n").filter(Boolean))
    bytes.add(`commit ${commit}`);
  for (const line of git(root, "ls-files", "--stage").split("\n").filter(Boolean))
    bytes.add(`blob ${line.split(" ")[1]}`);
  return bytes;
}

/** What `before` had and nothing has now. */
export function lostBytes(before: ReadonlySet<string>, root: string, ...checkouts: readonly string[]): string[] {
  const after = everyByte(root, ...checkouts);
  return [...before].filter((entry) => !after.has(entry));
}

/** Names as bytes: not all are UTF-8. */
function* walk(folder: Buffer): Generator<Buffer> {
  for (const entry of readdirSync(folder, { withFileTypes: true, encoding: "buffer" })) {
    const path = Buffer.concat([folder, Buffer.from("/"), entry.name]);
    if (entry.name.toString("latin1") === ".git") continue;
    if (entry.isDirectory()) yield* walk(path);
    else yield path;
  }
}

function digest(path: Buffer): string {
  const content = lstatSync(path).isSymbolicLink() ? readlinkSync(path) : readFileSync(path);
  return createHash("sha256").update(content).digest("hex");
}
