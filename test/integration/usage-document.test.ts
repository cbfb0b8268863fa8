import { readFileSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createHome, PROJECT_ROOT } from "../support/home.ts";
import { createRepository } from "../support/repository.ts";
import { until } from "../support/until.ts";

/** ORCHASTRATION_USAGE=write: what is printed now replaces what stands there. */
const isWriting = process.env["ORCHASTRATION_USAGE"] === "write";
const file = join(PROJECT_ROOT, "docs/usage.md");
const page = readFileSync(file, "utf8");
const BLOCK = /(?<=^```console\n)[^]*?(?=^```$)/gm;
const COMMAND = /^\$ orchastration (.*(?:\n> .*)*)\n/gm;
/** Of the reader that the page supposes. */
const [READER_HOME, READER_CLONE] = ["/home/ada", "/home/ada/orchastration"];

const home = createHome();
const root = createRepository(home, "project", {});
const clone = resolve(PROJECT_ROOT);
const env = { PATH: [dirname(process.execPath), home.env["PATH"]].join(delimiter) };
writeFileSync(join(home.dir, ".gitconfig"), "[user]\n\tname = Ada\n\temail = ada@example.org\n");
home.writeConfig(
  (/^```toml\n([^]*?)^```$/m.exec(page)?.[1] ?? "")
    .replaceAll(READER_CLONE, clone)
    .replaceAll(`${READER_HOME}/`, `${home.dir}/`),
);
afterAll(() => home[Symbol.asyncDispose]());

/** The words of a command line, of which some stand in quotation marks; `> ` begins the further lines of one. */
function wordsOf(command: string): string[] {
  return [...command.replaceAll("\n> ", "\n").matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word);
}

/** As the page's reader sees it: their paths, their name, and nothing of what only a terminal reads. */
function asSeen(output: string): string {
  return output
    .replaceAll(clone, READER_CLONE)
    .replaceAll(home.dir, READER_HOME)
    .replace(`asked by   ${userInfo().username} `, "asked by   ada ")
    .replaceAll(/\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)/g, "")
    .replaceAll(/\r+\n/g, "\n");
}

/** Without what is another one every time. */
function timeless(output: string): string {
  return output
    .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+Z)?|\d{8}T\d{6}\.\d{3}Z/g, "<time>")
    .replaceAll(/[\d.]+ m?s\b|(?<=duration_ms=)\d+/g, "<duration>")
    .replaceAll(/\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\b(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{8})\b/g, "<hash>")
    .replaceAll(/\b[0-9a-z]{12}\b/g, "<id>")
    .replaceAll(/(?<=^event +|^events 1 to )\d+|\d+(?= signed heads)/gm, "<number>");
}

async function run(command: string): Promise<string> {
  const words = wordsOf(command);
  const { code, stdout, stderr } = await home.cli(words, { cwd: root, env });
  expect(code, `${command}\n${stdout}${stderr}`).toBe(0);
  // The end of the output is a moment earlier than what the end means for the task.
  if (words.includes("--follow")) {
    await until(async () => (await home.json(["status", "1"], { cwd: root, env }))["status"] === "stopped");
  }
  return asSeen(stdout + stderr);
}

test("docs/usage.md: each command prints what stands below it", async () => {
  const commands = [...page.matchAll(BLOCK)].flatMap(([block]) =>
    [...block.matchAll(COMMAND)].map(([, line = ""]) => line),
  );
  expect(commands.length).toBe(page.match(/^\$ /gm)?.length);
  const printed: string[] = [];
  for (const command of commands) printed.push(`$ orchastration ${command}\n${await run(command)}`);

  const outputs = printed.values();
  const present = page.replaceAll(BLOCK, (block) =>
    [...block.matchAll(COMMAND)].map(() => outputs.next().value ?? "").join(""),
  );
  if (isWriting) writeFileSync(file, present);
  else expect(timeless(page)).toBe(timeless(present));
});
