import { describe, expect, test } from "vitest";
import { UsageError } from "../../src/command-error.ts";
import { commandTable } from "../../src/commands/index.ts";
import { readCommandLine } from "../../src/parse/fast-path.ts";

function read(...words: string[]) {
  const reading = readCommandLine(commandTable, words);
  if (reading.type !== "invocation") throw new Error(`${words.join(" ")} was read as ${reading.type}`);
  const { command, globals, args } = reading.invocation;
  return { name: command.name, globals, args };
}

function usageErrorOf(...words: string[]): UsageError {
  try {
    readCommandLine(commandTable, words);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error(`${words.join(" ")} was accepted`);
}

describe("a command line", () => {
  test("names a command of one word or of two", () => {
    expect(read("list").name).toBe("list");
    expect(read("daemon", "stop").name).toBe("daemon stop");
  });

  test("takes global flags before, between and behind its words", () => {
    for (const words of [
      ["--json", "daemon", "status"],
      ["daemon", "--json", "status"],
      ["daemon", "status", "--json"],
    ]) {
      expect(read(...words)).toMatchObject({
        name: "daemon status",
        globals: { json: true, quiet: false, color: true },
      });
    }
  });

  test("takes the value of a global option that stands before the command", () => {
    expect(read("--state-dir", "run", "--config=list", "status")).toMatchObject({
      name: "status",
      globals: { stateDir: "run", config: "list" },
    });
  });

  test("reads long, short, joined and repeated options", () => {
    expect(read("run", "-d", "sample", "--timeout=2.5", "-e", "A=1", "--env", "B=x=y").args).toEqual({
      job: "sample",
      detach: true,
      checkReproducible: false,
      tty: false,
      timeout: 2.5,
      env: ["A=1", "B=x=y"],
      rest: [],
    });
  });

  test("gives an option of many values every word up to the next option", () => {
    expect(read("hash", "x", "--file", "a", "b", "--algo", "sha1", "y", "--file", "c").args).toMatchObject({
      file: ["a", "b", "c"],
      paths: ["x", "y"],
      algo: "sha1",
    });
  });

  test("takes the last of a single option given twice", () => {
    expect(read("runs", "--limit", "3", "--limit", "4").args).toMatchObject({ limit: 4 });
  });

  test("takes flags of the command before its name too", () => {
    expect(read("--detach", "run", "x").args).toMatchObject({ detach: true, job: "x" });
  });

  test("negates booleans", () => {
    expect(read("list", "--no-color", "--json", "--no-json").globals).toMatchObject({ color: false, json: false });
  });

  test("keeps what stands after -- apart, options and all", () => {
    expect(read("run", "sample", "--", "--json", "-x", "--", "").args).toMatchObject({
      job: "sample",
      rest: ["--json", "-x", "--", ""],
    });
    expect(read("run", "--", "ls", "-la").args).toMatchObject({ job: undefined, rest: ["ls", "-la"] });
  });

  test("takes words after -- as positionals where a command has no use for them", () => {
    expect(read("hash", "--", "-name", "--file").args).toMatchObject({ paths: ["-name", "--file"], file: [] });
  });

  test("takes a negative number and a lone dash for words", () => {
    expect(read("show", "-5").args).toEqual({ run: "-5" });
    expect(read("hash", "-").args).toMatchObject({ paths: ["-"] });
  });

  test("asks for help wherever --help stands before --", () => {
    expect(readCommandLine(commandTable, ["daemon", "stop", "--bogus", "-h"])).toEqual({
      type: "help",
      path: ["daemon", "stop"],
    });
    expect(readCommandLine(commandTable, [])).toEqual({ type: "help", path: [] });
    expect(read("run", "--", "ls", "--help").name).toBe("run");
  });

  test("leaves joined short options to the complete parser", () => {
    expect(readCommandLine(commandTable, ["runs", "-n5"]).type).toBe("unusual");
    expect(readCommandLine(commandTable, ["run", "--", "ls", "-la"]).type).toBe("invocation");
  });
});

describe("a mistake on the command line is named, with what to write instead", () => {
  test.each<[string, string[], RegExp, RegExp]>([
    ["an unknown command", ["statsu"], /no command statsu/, /orchastration status/],
    ["an unknown command of a group", ["daemon", "strat"], /no command daemon strat/, /daemon start/],
    ["a group without its command", ["config"], /needs a command/, /path, show, check/],
    ["only global options", ["--json"], /needs a command/, /list/],
    ["an unknown option", ["run", "x", "--detahc"], /no option --detahc/, /--detach/],
    ["an unknown option with a value", ["run", "x", "--timout=3"], /no option --timout\./, /--timeout/],
    ["an unknown short option", ["run", "x", "-z"], /no option -z/, /run --help/],
    ["a stranger before the command", ["--detahc", "bogus"], /no option --detahc/, /--help/],
    ["a name of every object", ["run", "--constructor", "x"], /no option --constructor/, /run --help/],
    ["a missing value at the end", ["run", "x", "--timeout"], /--timeout needs a value/, /<seconds>/],
    ["a missing value before an option", ["run", "x", "--timeout", "--json"], /--timeout needs a value/, /<seconds>/],
    ["an empty value", ["--config=", "list"], /--config needs a value/, /<path>/],
    ["a word for a number", ["runs", "--limit", "many"], /--limit got "many"/, /whole number of at least 1/],
    ["a fraction for a whole number", ["runs", "--limit", "1.5"], /--limit got "1.5"/, /whole number/],
    ["a negative number", ["run", "x", "--timeout", "-1"], /--timeout got "-1"/, /at least 0/],
    ["infinity", ["run", "x", "--timeout", "Infinity"], /got "Infinity"/, /number/],
    ["a value for a flag", ["list", "--json=maybe"], /--json takes no value/, /list --help/],
    ["a word outside a choice", ["hash", "a", "--algo", "sha265"], /got "sha265"/, /Did you mean sha256/],
    ["a missing argument", ["show"], /<run> is missing/, /show <run>/],
    ["an argument too many", ["show", "a", "b"], /"b" is one argument too many/, /show <run>/],
    ["an unknown shell", ["completion", "tcsh"], /got "tcsh"/, /bash, zsh, fish/],
  ])("%s", (_name, words, message, hint) => {
    const error = usageErrorOf(...words);
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
    expect(error.exitCode).toBe(2);
  });
});
