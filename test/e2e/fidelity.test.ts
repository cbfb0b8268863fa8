import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createHome, type Home } from "../support/home.ts";
import { HAS_TMUX, type OuterTerminal, openOuterTerminal, PATIENCE_MS } from "../support/outer-terminal.ts";
import { until } from "../support/until.ts";

/* Another emulator, tmux, is the judge: it shows the same program run in it directly and attached to through us. */

interface Step {
  readonly text?: string;
  /** Pressed after the text, by their names. */
  readonly keys?: string;
  /** Shown when it has been done. */
  readonly shows: RegExp;
}

interface Scene {
  readonly argv: readonly string[];
  readonly steps: readonly Step[];
}

const ENV = { TERM: "xterm-256color", PS1: "inner> ", HISTFILE: "", LANG: "C.UTF-8" };

const picture = (format: string, ...args: readonly string[]): readonly string[] => [
  "sh",
  "-c",
  `printf "$0" "$@"; printf 'drawn'; stty -echo; cat`,
  format,
  ...args,
];
const palette = Array.from({ length: 256 }, (_, n) => `\\033[48;5;${n}m\\033[38;5;${255 - n}m${String(n).padStart(4)}`);
const gradient = Array.from({ length: 240 }, (_, n) => `\\033[48;2;${n};${255 - n};${(n * 7) % 256}m `);

const SCENES = {
  vim: {
    // What it asks its terminal is answered differently by every terminal.
    argv: ["vim", "-n", "-u", "NONE", "-i", "NONE", "-N", "--cmd", "set background=dark t_RB= t_RV= t_u7=", "text"],
    steps: [
      { shows: /^line 1:/m },
      { text: ":set hlsearch | syntax off", keys: "Enter", shows: /^line 1:/m },
      { text: "ggOé 漢字 added at the top", keys: "Escape", shows: /^é 漢字 added/m },
      { text: "/brown", keys: "Enter", shows: /brown/ },
      { text: ":split", keys: "Enter", shows: /text \[\+\][\s\S]*text \[\+\]/ },
    ],
  },
  less: {
    argv: ["less", "-M", "text"],
    steps: [
      { shows: /lines 1-23\// },
      { text: " ", shows: /lines 24-46\// },
      { text: "/line 9", keys: "Enter", shows: /lines 90-112\// },
    ],
  },
  dialog: {
    argv: [
      "dialog",
      "--title",
      "A choice",
      "--menu",
      "Which one?",
      "12",
      "50",
      "4",
      "1",
      "one",
      "2",
      "two",
      "3",
      "漢字",
    ],
    steps: [{ shows: /Which one\?/ }, { keys: "Down Down Tab", shows: /Which one\?/ }],
  },
  "a shell with readline": {
    argv: ["bash", "--norc", "--noprofile", "-i"],
    steps: [
      { shows: /inner>/ },
      { text: "for i in $(seq 40); do echo line $i; done", keys: "Enter", shows: /line 40\ninner>/ },
      { text: "echo one two three äöü 漢字", keys: "C-a C-t C-e BSpace", shows: /inner> / },
      { text: "x".repeat(100), shows: /x{20}/ },
    ],
  },
  "tmux itself": {
    argv: ["sh", "-c", "exec tmux -f tmux.conf -S inner-$$.sock new"],
    steps: [
      { shows: /inner>/ },
      { keys: "C-b %", shows: /│inner>/ },
      { text: "echo in the second", keys: "Enter", shows: /│in the second\n.*│inner>/ },
      { keys: 'C-b "', shows: /├─/ },
    ],
  },
  "a progress bar": {
    argv: picture(
      "building\\n%s\\r%s\\r\\033[K\\033[32m%s\\033[0m%s",
      "[>         ]",
      "[##>       ]",
      "[#####>    ]",
      " 50%",
    ),
    steps: [{ shows: /50%drawn/ }],
  },
  "256 colours": { argv: picture(`${palette.join("")}\\033[0m\\n`), steps: [{ shows: /drawn/ }] },
  "true colour": {
    argv: picture(`${gradient.join("")}\\033[0m\\n\\033[1;2;3;9mall\\033[22m some\\033[0m`),
    steps: [{ shows: /drawn/ }],
  },
  "wide and combining characters": {
    argv: picture(
      "漢字かな交じり文 한국어 e\\314\\201 o\\314\\210\\314\\243 %s\\n%79s漢\\n\\033[10;70H漢字漢字漢字\\b\\bx\\n",
      "界".repeat(60),
      "|",
    ),
    steps: [{ shows: /drawn/ }],
  },
} satisfies Readonly<Record<string, Scene>>;

let home: Home;

beforeAll(() => {
  home = createHome();
  const lines = Array.from({ length: 120 }, (_, n) => `line ${n + 1}: the quick brown fox jumps over the lazy dog`);
  writeFileSync(join(home.cwd, "text"), `${lines.join("\n")}\n`);
  writeFileSync(
    join(home.cwd, "tmux.conf"),
    `set -g status off\nset -g destroy-unattached on\nset -g default-command "PS1='inner> ' exec sh"\n`,
  );
});
afterAll(() => home[Symbol.asyncDispose]());

async function playDirectly(where: OuterTerminal, { steps }: Scene): Promise<void> {
  for (const { text, keys, shows } of steps) {
    if (text !== undefined) where.type(text);
    if (keys !== undefined) where.press(...keys.split(" "));
    await where.shows(shows);
  }
}

/** Runs it with nobody attached. */
async function playDetached({ argv, steps }: Scene): Promise<string> {
  const { stdout } = await home.cli(["run", "--detach", "--tty", "--", ...argv], { env: ENV });
  const id = stdout.trim();
  for (const { text, keys, shows } of steps) {
    const typed = [...(text === undefined ? [] : ["--text", text]), ...(keys === undefined ? [] : ["--keys", keys])];
    if (typed.length > 0) expect(await home.cli(["session", "send", id, ...typed])).toMatchObject({ code: 0 });
    await until(async () => shows.test((await home.cli(["session", "screen", id])).stdout));
  }
  return id;
}

/** Both may still be drawing. */
async function expectSame(attached: OuterTerminal, direct: OuterTerminal): Promise<void> {
  const look = () => ({ attached: attached.picture(), direct: direct.picture() });
  let seen = look();
  const deadline = performance.now() + PATIENCE_MS;
  await until(() => {
    seen = look();
    return seen.attached === seen.direct || performance.now() > deadline;
  });
  expect(seen.attached).toBe(seen.direct);
}

const isThere = ({ argv: [program = ""] }: Scene): boolean => HAS_TMUX && spawnSync("which", [program]).status === 0;

const NOT_THERE = "a program it needs is not installed";

describe("attached to after it ran alone, a program looks as it does run directly", () => {
  test.for<[string, Scene]>(Object.entries(SCENES))("%s", async ([, scene], { skip }) => {
    skip(!isThere(scene), NOT_THERE);
    using direct = openOuterTerminal(home, { command: scene.argv, env: ENV });
    await playDirectly(direct, scene);
    const id = await playDetached(scene);
    using attached = openOuterTerminal(home);
    // Whoever takes control makes the program repaint: a watcher sees what was kept.
    attached.orchastration("attach", "--read-only", id);
    await expectSame(attached, direct);
  });

  test.for(["vim", "less"] as const)("%s, also after a resize while nobody was attached", async (name, { skip }) => {
    const scene = SCENES[name];
    skip(!isThere(scene), NOT_THERE);
    using direct = openOuterTerminal(home, { command: scene.argv, env: ENV });
    await playDirectly(direct, scene);
    const id = await playDetached(scene);
    direct.resize(101, 33);
    using attached = openOuterTerminal(home, { cols: 101, rows: 33 });
    attached.orchastration("attach", id);
    await expectSame(attached, direct);
  });
});
