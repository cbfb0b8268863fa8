import { describe, expect, test } from "vitest";
import { UsageError } from "../../src/command-error.ts";
import { commandTable } from "../../src/commands/index.ts";
import { makeHelp, parseWithYargs } from "../../src/parse/yargs.ts";

describe("the complete parser", () => {
  test("reads short options joined with each other and with a value", async () => {
    const { command, globals, args } = await parseWithYargs(commandTable, ["runs", "-qn5", "--failed"]);
    expect(command.name).toBe("runs");
    expect(globals.quiet).toBe(true);
    expect(args).toMatchObject({ limit: 5, failed: true, name: undefined });
  });

  test.each([[["bogus", "-qh"]], [["runs", "-qx"]], [["runs", "-q", "--constructor", "x"]], [["runs", "-qn", "x"]]])(
    "refuses %j",
    async (words) => {
      await expect(parseWithYargs(commandTable, words)).rejects.toBeInstanceOf(UsageError);
    },
  );
});

describe("help", () => {
  test("of everything names every command and group", async () => {
    const help = await makeHelp(commandTable, [], 120);
    const outermost = [...commandTable.commands, ...commandTable.groups].filter(({ name }) => !name.includes(" "));
    for (const name of outermost) {
      expect(help).toContain(`orchastration ${name.name}`);
    }
    expect(help).toContain("Exit codes");
  });

  test("of a group names its commands", async () => {
    const help = await makeHelp(commandTable, ["daemon"], 100);
    expect(help).toContain("orchastration daemon uninstall");
    expect(help).not.toContain("orchastration config");
  });

  test.each(commandTable.commands.map(({ name }) => name))(
    "of %s shows its usage, options and an example",
    async (name) => {
      const spec = commandTable.commands.find((command) => command.name === name)!;
      const help = (await makeHelp(commandTable, name.split(" "), 200)).replaceAll(/\s+/g, " ");
      expect(help).toContain(`orchastration ${name}`);
      expect(help).toContain(spec.summary);
      for (const option of Object.keys(spec.options ?? {})) expect(help).toContain(`--${option}`);
      for (const { line } of spec.examples) expect(help).toContain(`orchastration ${line}`);
    },
  );

  test("fits a narrow terminal", async () => {
    const lines = (await makeHelp(commandTable, ["run"], 60)).split("\n");
    expect(lines.filter((line) => line.length > 60 && !line.includes("orchastration"))).toEqual([]);
  });
});
