import { chmod, mkdir, mkdtempDisposable, writeFile } from "node:fs/promises";
import { devNull, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createConfigFiles } from "../../src/config/config-files.ts";
import { interpretFile } from "../../src/config/interpret-file.ts";
import { type ConfigProblem, formatProblem } from "../../src/config/problem.ts";

const problemsIn = (text: string | Uint8Array, role: "global" | "project" = "global"): readonly ConfigProblem[] => {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const reading = interpretFile("/x/config.toml", role, bytes);
  return reading.state === "valid" ? reading.warnings : reading.problems;
};

interface Told {
  readonly line: number | null;
  readonly key: string | null;
  readonly says: string | RegExp;
  readonly suggestion?: string;
}

/** One mistake, and nothing else is reported. */
function expectOne(problems: readonly ConfigProblem[], { line, key, says, suggestion }: Told): void {
  expect(problems.map((problem) => [problem.line, problem.key])).toEqual([[line, key]]);
  expect(problems[0]?.message).toMatch(says);
  expect(problems[0]?.suggestion).toBe(suggestion ?? null);
}

const job = '\n[jobs.build]\ncommand = ["make"]\n';

describe("a mistake of syntax", () => {
  const cases: [string, string, Told][] = [
    ["a missing quote", `${job}description = "x\n`, { line: 4, key: "jobs.build.description", says: "closing quote" }],
    [
      "a missing equals sign",
      `${job}tty true\n`,
      { line: 4, key: "jobs.build.tty", says: 'expected "=" and a value, got "t"' },
    ],
    ["a missing value", `${job}tty =\n`, { line: 4, key: "jobs.build.tty", says: "expected a value" }],
    [
      "text without quotes",
      `${job}description = hello\n`,
      { line: 4, key: "jobs.build.description", says: "text stands in quotes" },
    ],
    [
      "a word that begins as a boolean",
      `${job}tty = trueish\n`,
      { line: 4, key: "jobs.build.tty", says: "end of the line" },
    ],
    ["yes for true", `${job}tty = yes\n`, { line: 4, key: "jobs.build.tty", says: "expected a value" }],
    ["no for false", `${job}tty = no\n`, { line: 4, key: "jobs.build.tty", says: "expected a value" }],
    [
      "a list that is never closed",
      `${job}outputs = ["a",\n\n`,
      { line: 4, key: "jobs.build.outputs", says: /closing bracket|a value/ },
    ],
    [
      "a list that the next key interrupts",
      `${job}outputs = ["a"\npriority = 1\n`,
      { line: 5, key: "jobs.build.outputs", says: "in the value that begins on line 4" },
    ],
    [
      "an inline table over two lines",
      `${job}env = {\n A = "1" }\n`,
      { line: 4, key: "jobs.build.env", says: "on which it begins" },
    ],
    [
      "a comma before the closing brace",
      `${job}env = { A = "1", }\n`,
      { line: 4, key: "jobs.build.env", says: 'no comma before "}"' },
    ],
    [
      "two commas in a list",
      '[jobs.build]\ncommand = ["a",, "b"]\n',
      { line: 2, key: "jobs.build.command", says: "expected a value" },
    ],
    [
      "a backslash in a path",
      '[jobs.build]\ncommand = ["C:\\Program Files\\x"]\n',
      { line: 2, key: "jobs.build.command", says: "single quotes" },
    ],
    [
      "a header that is not closed",
      '\n[jobs.build\ncommand = ["a"]\n',
      { line: 2, key: "jobs.build", says: /expected .*\]/ },
    ],
    [
      "something after a value",
      `${job}tty = true priority = 1\n`,
      { line: 4, key: "jobs.build.tty", says: "end of the line" },
    ],
    [
      "something after a header",
      '[jobs.build] command = ["a"]\n',
      { line: 1, key: "jobs.build", says: "end of the line" },
    ],
    ["a key that is no key", `${job}é = 1\n`, { line: 4, key: null, says: "expected a key" }],
    [
      "a key that is given twice",
      `${job}tty = true\n# c\ntty = true\n`,
      { line: 6, key: "jobs.build.tty", says: "already defined on line 4" },
    ],
    [
      "a list that is given twice",
      `${job}outputs = []\noutputs = [\n  "a",\n]\n`,
      { line: 5, key: "jobs.build.outputs", says: "already defined on line 4" },
    ],
    [
      "a table that is given twice",
      `${job}\n[hash]\n[jobs.build]\n`,
      { line: 6, key: "jobs.build", says: "already defined on line 2" },
    ],
    ["a table that is a value already", `hash = {}\n[hash.x]\n`, { line: 2, key: "hash.x", says: "defined" }],
    [
      "a key that is given twice in one inline table",
      `${job}env = { A = "1", A = "2" }\n`,
      { line: 4, key: "jobs.build.env", says: "defined twice" },
    ],
    [
      "a month that does not exist",
      `${job}tty = true\ndescription = 2026-13-01\n`,
      { line: 5, key: "jobs.build.description", says: "a date or time" },
    ],
    [
      "a number with two points",
      `${job}timeout_seconds = 1.2.3\n`,
      { line: 4, key: "jobs.build.timeout_seconds", says: "expected" },
    ],
    [
      "a control character",
      `${job}description = "a\u0001b"\n`,
      { line: 4, key: "jobs.build.description", says: "control character" },
    ],
    [
      "a text that never ends",
      `${job}description = """\nabc\n\n`,
      { line: 4, key: "jobs.build.description", says: "three closing quotes" },
    ],
  ];

  test.each(cases)("%s", (_, text, told) => expectOne(problemsIn(text), told));

  test.each(cases)("%s, with CRLF at the ends of lines and a byte order mark", (_, text, told) =>
    expectOne(problemsIn(`\ufeff${text.replaceAll("\n", "\r\n")}`), told),
  );

  test("has a column as well", () => {
    expect(problemsIn(`${job}  tty true\n`)[0]?.column).toBe(7);
    expect(problemsIn("é = 1")[0]?.column).toBe(1);
  });

  test("shows nothing of an environment value", () => {
    for (const value of [
      '"topsecret',
      "topsecret",
      '"topsecret" x',
      "'topsecret\n'",
      '{ A = "topsecret" B }',
      "2026-99-99 topsecret",
    ]) {
      const [problem] = problemsIn(`${job}[jobs.build.env]\nTOKEN = ${value}\n`);
      expect(problem).toMatchObject({ line: 5, key: "jobs.build.env.TOKEN", got: null });
      expect(JSON.stringify(problem)).not.toContain("topsecret");
      expect(problem?.message).not.toMatch(/got/);
    }
  });
});

describe("a mistake of type or value", () => {
  const cases: [string, string, Told][] = [
    [
      "a shell string for a command",
      '[jobs.x]\n\ncommand = "ls -la"\n',
      {
        line: 3,
        key: "jobs.x.command",
        says: 'expected a list of strings, the program first, such as ["ls", "-la"], got the string "ls -la"',
      },
    ],
    ["an empty command", "[jobs.x]\ncommand = []\n", { line: 2, key: "jobs.x.command", says: "got an empty list" }],
    [
      "an empty program",
      '[jobs.x]\ncommand = [\n  "",\n "a"]\n',
      { line: 3, key: "jobs.x.command[0]", says: 'expected the name of a program, got the string ""' },
    ],
    [
      "a blank program",
      '[jobs.x]\ncommand = [" "]\n',
      { line: 2, key: "jobs.x.command[0]", says: "the name of a program" },
    ],
    [
      "a number in a command",
      '[jobs.x]\ncommand = [\n  "sleep",\n  5,\n]\n',
      { line: 4, key: "jobs.x.command[1]", says: "expected a string, got 5" },
    ],
    [
      "NUL in a command",
      '[jobs.x]\ncommand = ["a", "\\u0000"]\n',
      { line: 2, key: "jobs.x.command[1]", says: "without NUL" },
    ],
    [
      "a missing command",
      '\n[jobs.x]\ndescription = ""\n',
      { line: 2, key: "jobs.x.command", says: /^missing; expected a list/ },
    ],
    [
      "a bad level",
      '[logging]\nlevel = "verbose"\n',
      { line: 2, key: "logging.level", says: /^expected one of "off", .*"trace", got the string "verbose"$/ },
    ],
    [
      "a misspelt level",
      '[logging]\nlevel = "inof"\n',
      { line: 2, key: "logging.level", says: "expected one of", suggestion: "info" },
    ],
    [
      "a level in capitals",
      '[logging]\nlevel = "WARN"\n',
      { line: 2, key: "logging.level", says: "expected one of", suggestion: "warn" },
    ],
    ["a level that is a number", "[logging]\nlevel = 3\n", { line: 2, key: "logging.level", says: "got 3" }],
    [
      "a negative timeout",
      `${job}timeout_seconds = -5\n`,
      { line: 4, key: "jobs.build.timeout_seconds", says: "expected a number of seconds from 0 to 2147483, got -5" },
    ],
    [
      "a timeout as text",
      `${job}timeout_seconds = "10"\n`,
      { line: 4, key: "jobs.build.timeout_seconds", says: 'got the string "10"' },
    ],
    [
      "a timeout beyond any timer",
      `${job}timeout_seconds = 2147484\n`,
      { line: 4, key: "jobs.build.timeout_seconds", says: "got 2147484" },
    ],
    [
      "an infinite timeout",
      `${job}timeout_seconds = inf\n`,
      { line: 4, key: "jobs.build.timeout_seconds", says: "got Infinity" },
    ],
    [
      "a timeout that is no number",
      `${job}timeout_seconds = nan\n`,
      { line: 4, key: "jobs.build.timeout_seconds", says: "got NaN" },
    ],
    [
      "a number beyond all sense",
      "[limits]\nconcurrency = 99999999999999999999\n",
      { line: 2, key: "limits.concurrency", says: "got an integer beyond 2^53" },
    ],
    [
      "half a session",
      "[limits]\nconcurrency = 1.5\n",
      { line: 2, key: "limits.concurrency", says: "a whole number of sessions, 0 or more, got 1.5" },
    ],
    [
      "a negative limit of a group",
      "[limits.groups.gpu]\nconcurrency = -1\n",
      { line: 2, key: "limits.groups.gpu.concurrency", says: "got -1" },
    ],
    [
      "a group without a limit",
      "[limits.groups.gpu]\n",
      { line: 1, key: "limits.groups.gpu.concurrency", says: "missing" },
    ],
    [
      "a date where none belongs",
      `${job}description = 2026-11-21\n`,
      { line: 4, key: "jobs.build.description", says: "expected a string, got a date" },
    ],
    ["a boolean as text", `${job}tty = "true"\n`, { line: 4, key: "jobs.build.tty", says: "expected true or false" }],
    [
      "a number in the environment",
      `${job}env = { A = "1", B = 2 }\n`,
      {
        line: 4,
        key: "jobs.build.env.B",
        says: "expected a string (numbers and booleans in quotes), got a number",
      },
    ],
    ["text for the environment", `${job}env = "A=secret"\n`, { line: 4, key: "jobs.build.env", says: /got a string$/ }],
    [
      "an environment name with an equals sign",
      `${job}env = { "A=B" = "1" }\n`,
      { line: 4, key: 'jobs.build.env."A=B"', says: "a variable name without =" },
    ],
    [
      "NUL in an environment value",
      `${job}env = { A = "\\u0000" }\n`,
      { line: 4, key: "jobs.build.env.A", says: "without NUL" },
    ],
    [
      "a job that is text",
      'jobs = { build = "make" }\n',
      { line: 1, key: "jobs.build", says: 'expected a table, got the string "make"' },
    ],
    [
      "an array of tables for a job",
      '[[jobs.build]]\ncommand = ["a"]\n',
      { line: 1, key: "jobs.build", says: "expected a table, got a list" },
    ],
    [
      "a section that is a number",
      "\njobs = 3\n",
      { line: 2, key: "jobs", says: "expected tables such as [jobs.<name>], got 3" },
    ],
    [
      "a task with a relative directory",
      '[tasks.t]\ncommand = ["a"]\nworking_dir = "src"\n',
      { line: 3, key: "tasks.t.working_dir", says: 'expected an absolute path, got the string "src"' },
    ],
    [
      "a task without a directory",
      '[tasks.t]\ncommand = ["a"]\n',
      { line: 1, key: "tasks.t.working_dir", says: "missing; expected an absolute path" },
    ],
    [
      "a task with another repo",
      '[tasks.t]\ncommand = ["a"]\nworking_dir = "/x"\nrepo = "extern"\n',
      { line: 4, key: "tasks.t.repo", says: 'one of "orchastration", "external"', suggestion: "external" },
    ],
    [
      "a task with another status",
      '[tasks.t]\ncommand = ["a"]\nworking_dir = "/x"\nstatus = "plan"\n',
      { line: 4, key: "tasks.t.status", says: "one of", suggestion: "planned" },
    ],
    [
      "an agent without a command",
      '\n[agents.x]\nprompt = "none"\n',
      { line: 2, key: "agents.x.command", says: "missing" },
    ],
    [
      "an agent with another prompt",
      '[agents.x]\ncommand = ["x"]\nprompt = "args"\n',
      { line: 3, key: "agents.x.prompt", says: "one of", suggestion: "argv" },
    ],
    [
      "an unknown role",
      '[orchestrations.o]\nagents = ["PlannerAgent",\n  "BuildAgent"]\n',
      {
        line: 3,
        key: "orchestrations.o.agents[1]",
        says: /one of "PlannerAgent".*got the string "BuildAgent"/,
        suggestion: "BuilderAgent",
      },
    ],
    [
      "an unknown role in a step",
      '[orchestrations.o]\nsteps = [\n  ["PlannerAgent"],\n  ["Doc"],\n]\n',
      { line: 4, key: "orchestrations.o.steps[1][0]", says: "one of", suggestion: "DocAgent" },
    ],
    [
      "an empty step",
      '[orchestrations.o]\nsteps = [["PlannerAgent"], []]\n',
      { line: 2, key: "orchestrations.o.steps[1]", says: "got an empty list" },
    ],
    [
      "steps and agents",
      '[orchestrations.o]\nagents = ["DocAgent"]\nsteps = [["DocAgent"]]\n',
      { line: 1, key: "orchestrations.o", says: /expected either "agents" .* got both/ },
    ],
    [
      "neither steps nor agents",
      '[orchestrations.o]\ndescription = ""\n',
      { line: 1, key: "orchestrations.o", says: "got neither" },
    ],
    [
      "a key that nobody can press",
      '[attach]\ndetach_keys = "ctrl-ä"\n',
      { line: 2, key: "attach.detach_keys", says: 'keys such as "ctrl-q"' },
    ],
    [
      "an unknown strategy",
      '[merge]\nstrategy = "sqush"\n',
      { line: 2, key: "merge.strategy", says: "one of", suggestion: "squash" },
    ],
    [
      "an unknown occasion",
      '[notify]\non = ["idle", "complete"]\n',
      { line: 2, key: "notify.on[1]", says: "one of", suggestion: "completed" },
    ],
    [
      "a set-up that is a shell string",
      '[worktrees]\nsetup = "npm ci"\n',
      { line: 2, key: "worktrees.setup", says: "expected a list of strings" },
    ],
    [
      "an empty program in a set-up",
      '[worktrees]\nsetup = [""]\n',
      { line: 2, key: "worktrees.setup[0]", says: "the name of a program" },
    ],
    [
      "segments of nothing",
      "[journal]\nsegment_bytes = 0\n",
      { line: 2, key: "journal.segment_bytes", says: "4096 or more, got 0" },
    ],
    [
      "no session per supervisor",
      "[supervisor]\nmax_sessions = 0\n",
      { line: 2, key: "supervisor.max_sessions", says: "1 or more" },
    ],
    [
      "a lower-case constant",
      '[database]\nsynchronous = "full"\n',
      { line: 2, key: "database.synchronous", says: "one of", suggestion: "FULL" },
    ],
  ];

  test.each(cases)("%s", (_, text, told) => expectOne(problemsIn(text), told));

  test.each(cases)("%s, with CRLF at the ends of lines and a byte order mark", (_, text, told) =>
    expectOne(problemsIn(`\ufeff# first\r\n${text.replaceAll("\n", "\r\n")}`), { ...told, line: (told.line ?? 0) + 1 }),
  );

  test("shows no environment value, whatever is wrong with it", () => {
    for (const value of ['["topsecret"]', '{ A = "topsecret" }', "48151623", '"topsecret\\u0000"', "2026-11-21"]) {
      const problems = problemsIn(`${job}[jobs.build.env]\nTOKEN = ${value}\n`);
      expect(problems).not.toEqual([]);
      expect(JSON.stringify(problems)).not.toMatch(/topsecret|48151623|2026-11-21/);
    }
  });
});

describe("an unknown key", () => {
  test.each<[string, Told]>([
    [`${job}comand = 1\n`, { line: 4, key: "jobs.build.comand", says: /^unknown key$/, suggestion: "command" }],
    [`${job}timeout = 1\n`, { line: 4, key: "jobs.build.timeout", says: "unknown key", suggestion: "timeout_seconds" }],
    ["\n[job.x]\n", { line: 2, key: "job", says: "unknown key", suggestion: "jobs" }],
    ["\n[zzz]\n", { line: 2, key: "zzz", says: "unknown key" }],
    ['level = "info"\n', { line: 1, key: "level", says: "unknown key" }],
    ['[logging]\n"le vel" = 1\n', { line: 2, key: 'logging."le vel"', says: "unknown key", suggestion: "level" }],
    ["hash.algoritm = 1\n", { line: 1, key: "hash.algoritm", says: "unknown key", suggestion: "algorithm" }],
    ["hash = { algoritm = 1 }\n", { line: 1, key: "hash.algoritm", says: "unknown key", suggestion: "algorithm" }],
    ["[limits.groups.gpu]\nconcurrency = 1\nmax = 2\n", { line: 3, key: "limits.groups.gpu.max", says: "unknown key" }],
    ['[hash]\n"\\u202e\\u001b[2J" = 1\n', { line: 2, key: 'hash."\\u{202e}\\u001b[2J"', says: "unknown key" }],
  ])("%j", (text, told) => expectOne(problemsIn(text), told));

  test("is told in one line", () => {
    const [problem] = problemsIn(`${job}comand = 1\n`);
    if (problem === undefined) throw new Error("no problem");
    expect(formatProblem(problem)).toBe('/x/config.toml:4: jobs.build.comand: unknown key; did you mean "command"?');
    expect(formatProblem({ ...problem, file: "/home/ada/x/config.toml" }, "/home/ada")).toBe(
      '~/x/config.toml:4: jobs.build.comand: unknown key; did you mean "command"?',
    );
    expect(formatProblem({ ...problem, file: "/home/adam/config.toml", line: null, key: null }, "/home/ada")).toBe(
      '/home/adam/config.toml: unknown key; did you mean "command"?',
    );
  });
});

describe("a name", () => {
  const named = (section: string, name: string) => `\n[${section}.${JSON.stringify(name)}]\ncommand = ["a"]\n`;

  test.each(["..", "a/b", "a\\b", "con", "a\nb", "x".repeat(300), ".hidden", "-rf", "x.", "x ", "a\u202eb", ""])(
    "of a job that is no file name: %j",
    (name) => {
      const [problem, ...others] = problemsIn(named("jobs", name));
      expect(others).toEqual([]);
      expect(problem).toMatchObject({ line: 2, message: expect.stringMatching(/^no safe file name: /) });
      expect(problem?.key).toMatch(/^jobs\../);
      expect(problem?.key).not.toMatch(/[\n\u202e]/);
    },
  );

  test.each<[string, string]>([
    ["agents", '[agents."../x"]\ncommand = ["a"]\n'],
    ["tasks", '[tasks."../x"]\ncommand = ["a"]\nworking_dir = "/x"\n'],
    ["orchestrations", '[orchestrations."../x"]\nagents = ["DocAgent"]\n'],
    ["limits.groups", '[limits.groups."../x"]\nconcurrency = 1\n'],
  ])("in %s must be a file name as well", (section, text) =>
    expectOne(problemsIn(text), { line: 1, key: `${section}."../x"`, says: "no safe file name" }),
  );

  test("of the group that a job joins must be one too", () =>
    expectOne(problemsIn(`${job}group = "a/b"\n`), { line: 4, key: "jobs.build.group", says: "no name of a group" }));

  test("that differs from another one only in letter case is refused", () =>
    expectOne(problemsIn(`${job}[jobs.Build]\ncommand = ["a"]\n`), {
      line: 4,
      key: "jobs.Build",
      says: 'the same file as "build"',
    }));

  test.each(["adhoc", "Adhoc"])("%s is reserved", (name) =>
    expectOne(problemsIn(named("jobs", name)), { line: 2, key: `jobs.${name}`, says: "reserved" }),
  );

  test("is not shared by a job and a task", () =>
    expectOne(problemsIn(`${job}[tasks.build]\ncommand = ["a"]\nworking_dir = "/x"\n`), {
      line: 4,
      key: "tasks.build",
      says: "a job has this name",
    }));

  test.each(["constructor", "__proto__", "toString"])("that every object has is refused: %s", (name) => {
    expectOne(problemsIn(`\n[jobs.${name}]\ncommand = ["a"]\n`), {
      line: 2,
      key: null,
      says: `"${name}" cannot be used`,
    });
    expect(Object.hasOwn(Object, "command")).toBe(false);
  });
});

describe("a placeholder", () => {
  test.each<[string, string]>([
    ["agents.x.command[1]", '[agents.x]\ncommand = ["x",\n"{task_slgu}"]\n'],
    ["agents.x.resume[1]", '[agents.x]\ncommand = ["x"]\nresume = ["x", "{task_slgu}"]\n'],
    ["worktrees.setup[0]", '[worktrees]\nroot = ""\nsetup = ["{task_slgu}/x"]\n'],
  ])("that is unknown is an error in %s", (key, text) => {
    expectOne(problemsIn(text), { line: 3, key, says: "unknown placeholder {task_slgu}", suggestion: "task_slug" });
    expect(problemsIn(text)[0]?.severity).toBe("error");
  });

  test("that looks misspelt in the argv of a job is a warning", () => {
    const problems = problemsIn('[jobs.x]\ncommand = ["x", "{worktre}"]\n');
    expectOne(problems, { line: 2, key: "jobs.x.command[1]", says: "passed on as it is", suggestion: "worktree" });
    expect(problems[0]?.severity).toBe("warning");
  });

  test("is not what find, xargs, awk, curl, a shell or JSON put in braces", () => {
    const items = [
      "find",
      "{}",
      "{print $1}",
      "{print}",
      "%{http_code}",
      "${task_slg}",
      '{"a": {"b": 1}}',
      "{{task_slg}}",
      "{TASK}",
    ];
    expect(problemsIn(`[jobs.x]\ncommand = ${JSON.stringify(items)}\n`)).toEqual([]);
    expect(problemsIn('[agents.x]\ncommand = ["x", "{}", "{print $1}", "{worktree}"]\n')).toEqual([]);
  });
});

test("all mistakes of a file are reported, in the order of the file", () => {
  const text = `[logging]
levle = "info"
[jobs."a/b"]
command = []
timeout_seconds = -1
[tasks.t]
working_dir = "x"
[orchestrations.o]
`;
  expect(problemsIn(text).map(({ line, key }) => [line, key])).toEqual([
    [2, "logging.levle"],
    [3, 'jobs."a/b"'],
    [4, 'jobs."a/b".command'],
    [5, 'jobs."a/b".timeout_seconds'],
    [6, "tasks.t.command"],
    [7, "tasks.t.working_dir"],
    [8, "orchestrations.o"],
  ]);
});

describe("a project file", () => {
  test("is warned about keys that count only in the global file, and loads without them", () => {
    const text = `[daemon]
environment = 5
[logging]
level = "debug"
[notify]
on = ["idle"]
command = ["notify-send"]
[agents.x]
command = ["./evil"]
`;
    const reading = interpretFile("/x", "project", new TextEncoder().encode(text));
    expect(reading.state === "valid" && reading.values).toEqual({ notify: { on: ["idle"] } });
    expect(problemsIn(text, "project").map(({ line, key, severity }) => [line, key, severity])).toEqual([
      [1, "daemon", "warning"],
      [3, "logging", "warning"],
      [7, "notify.command", "warning"],
      [8, "agents", "warning"],
    ]);
  });

  test.each(["agents", "attach", "confirm", "daemon", "database", "journal", "limits", "logging", "supervisor"])(
    "has no say about %s",
    (section) => {
      expect(problemsIn(`[${section}]\n`, "project").map(({ key, severity }) => [key, severity])).toEqual([
        [section, "warning"],
      ]);
      expect(problemsIn(`[${section}]\n`, "global")).toEqual([]);
    },
  );
});

describe("bytes that are no text", () => {
  test.each<[string, Uint8Array, Told]>([
    ["UTF-16", Buffer.from('\ufeff[hash]\nalgorithm = "sha1"\n', "utf16le"), { line: 1, key: null, says: "UTF-16" }],
    ["Latin-1", Buffer.from("# a\n# b\n# \xe9\n", "latin1"), { line: 3, key: null, says: "expected UTF-8 text" }],
    ["a program", Buffer.from("\x7fELF\x02\x01\x01\0", "latin1"), { line: 1, key: null, says: "expected a key" }],
  ])("%s", (_, bytes, told) => expectOne(problemsIn(bytes), told));
});

describe("a file that cannot be read", () => {
  const read = async (file: string) => {
    const reading = await createConfigFiles().read(file, "global");
    return reading.state === "invalid" ? reading.problems : reading.state;
  };
  const cannot = (why: string): Told => ({ line: null, key: null, says: `cannot be read: ${why}` });

  test("because it is a directory", async () => {
    await using directory = await mkdtempDisposable(join(tmpdir(), "config-"));
    const problems = await read(directory.path);
    expect(problems).toMatchObject([
      { file: directory.path, line: null, message: expect.stringContaining("it is a directory") },
    ]);
  });

  test("because it may not be", async () => {
    await using directory = await mkdtempDisposable(join(tmpdir(), "config-"));
    await chmod(directory.path, 0o755);
    const file = join(directory.path, "config.toml");
    await writeFile(file, "", { mode: 0o600 });
    const problems = await asSomebodyElse(file, () => read(file));
    expect(problems).toMatchObject([{ file, line: null, message: expect.stringContaining("permission denied") }]);
  });

  test("because its path leads through a file", async () => {
    await using directory = await mkdtempDisposable(join(tmpdir(), "config-"));
    const file = join(directory.path, "file");
    await writeFile(file, "");
    const problems = await read(join(file, "config.toml"));
    expectOne(typeof problems === "string" ? [] : problems, cannot("a part of its path is no directory"));
  });

  test("because it is too large", async () => {
    await using directory = await mkdtempDisposable(join(tmpdir(), "config-"));
    const file = join(directory.path, "config.toml");
    await writeFile(file, "#".repeat(300 * 1024));
    const problems = await read(file);
    expectOne(typeof problems === "string" ? [] : problems, cannot("it is larger than 256 KiB"));
  });

  test.skipIf(process.platform === "win32")("because it is a device", async () => {
    const problems = await read("/dev/zero");
    expectOne(typeof problems === "string" ? [] : problems, cannot("it is no regular file"));
  });

  test("is not the null device, which is an empty file", async () => {
    expect(await read(devNull)).toBe("valid");
  });

  test("is not a missing one", async () => {
    await using directory = await mkdtempDisposable(join(tmpdir(), "config-"));
    await mkdir(join(directory.path, "a"));
    expect(await read(join(directory.path, "a", "config.toml"))).toBe("missing");
  });
});

/** Root may read everything: it becomes nobody for the time of the call. Others take the right away from themselves. */
async function asSomebodyElse<Result>(file: string, act: () => Promise<Result>): Promise<Result> {
  if (process.getuid?.() !== 0) {
    await chmod(file, 0o000);
    return act();
  }
  process.seteuid?.(65534);
  try {
    return await act();
  } finally {
    process.seteuid?.(0);
  }
}
