import { expect, test } from "vitest";
import { commandTable } from "../../src/commands/index.ts";
import { findCandidates } from "../../src/parse/candidates.ts";

const candidates = (...words: string[]) => findCandidates(commandTable, words);

test.each<[string, string[], string[]]>([
  ["names of commands and groups", ["ru"], ["run", "runs"]],
  ["commands of a group", ["daemon", "st"], ["start", "stop", "status"]],
  ["commands behind global options", ["--state-dir", "run", "--quiet", "rer"], ["rerun"]],
  ["global options", ["--no"], ["--no-color", "--no-input"]],
  ["options of the command", ["logs", "--f"], ["--follow"]],
  ["choices of an option", ["hash", "--algo", "sha1"], ["sha1"]],
  ["choices of an argument", ["completion", "z"], ["zsh"]],
])("%s", (_name, words, expected) => {
  expect(candidates(...words).words).toEqual(expected);
});

test("where a job or a run can stand, its kind is said", () => {
  expect(candidates("run", "sam")).toEqual({ words: [], names: "job" });
  expect(candidates("diff", "7k3m", "")).toEqual({ words: [], names: "run" });
});

test("nothing is offered for a value that is no choice, behind the last argument, after --, and behind a word that is no command", () => {
  for (const words of [
    ["run", "--timeout", ""],
    ["show", "7k3m", ""],
    ["run", "--", ""],
    ["bogus", "r"],
  ]) {
    expect(candidates(...words), words.join(" ")).toEqual({ words: [], names: undefined });
  }
});
