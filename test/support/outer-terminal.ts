import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { CLI, type Home } from "./home.ts";
import { until } from "./until.ts";

export const HAS_TMUX = spawnSync("tmux", ["-V"]).status === 0;

/** A person's terminal: a shell in tmux, or another program, whose screen can be read and whose keys can be pressed. */
export interface OuterTerminal extends Disposable {
  /** Types text as it is. */
  type(text: string): void;
  /** Presses keys by tmux's names: `Enter`, `C-q`. */
  press(...keys: readonly string[]): void;
  /** Runs our command line from the shell. */
  orchastration(...words: readonly string[]): void;
  /** The lines that show, without blanks at their ends. */
  screen(): string;
  /** Everything that is seen: characters with their colours and attributes, the cursor, and the modes. */
  picture(): string;
  /** Resolves when the screen fits. */
  shows(text: string | RegExp): Promise<string>;
  /** Of the window, as the programs in it set it. */
  title(): string;
  /** The settings of the line as the shell has them. */
  settings(): string;
  /** What the emulator knows of modes: alternate screen, cursor, mouse, keypad, and the like. */
  modes(): string;
  resize(cols: number, rows: number): void;
  /** Pid of the command in the foreground. */
  foreground(): number;
  /** Closes the window, as a person or a lost link does. */
  hangUp(): void;
}

/** A test that fails then shows the screen instead of a time limit. */
export const PATIENCE_MS = 90_000;

const MODES = [
  "alternate_on",
  "cursor_flag",
  "insert_flag",
  "keypad_cursor_flag",
  "keypad_flag",
  "mouse_any_flag",
  "mouse_sgr_flag",
  "wrap_flag",
  "origin_flag",
  "scroll_region_upper",
  "scroll_region_lower",
]
  .map((name) => `${name}=#{${name}}`)
  .join(" ");

let opened = 0;

export interface OuterTerminalOptions {
  readonly cols?: number;
  readonly rows?: number;
  /** Default: a shell with the prompt `outer$`. */
  readonly command?: readonly string[];
  /** Variables beside the home's own. */
  readonly env?: Readonly<Record<string, string>>;
}

export function openOuterTerminal(home: Home, options: OuterTerminalOptions = {}): OuterTerminal {
  const { cols = 80, rows = 24, command = ["bash", "--norc", "--noprofile"] } = options;
  const socket = join(home.dir, `tmux-${opened++}.sock`);
  const env = { ...home.env, TERM: "xterm-256color", PS1: "outer$ ", HISTFILE: "", ...options.env };
  const settings = join(home.dir, "outer.tmux.conf");
  // What runs directly in it believes the same of its terminal as what is attached to.
  writeFileSync(settings, `set -g default-terminal ${env.TERM}\nset -g remain-on-exit off\n`);
  const tmux = (...args: readonly string[]): string =>
    execFileSync("tmux", ["-f", settings, "-S", socket, ...args], { env, cwd: home.cwd, encoding: "utf8" });
  const size = ["-x", String(cols), "-y", String(rows)];
  tmux("new-session", "-d", ...size, ...command);
  const display = (format: string): string => tmux("display-message", "-p", format).trimEnd();

  const terminal: OuterTerminal = {
    type: (text) => void tmux("send-keys", "-l", "--", text),
    press: (...keys) => void tmux("send-keys", ...keys),
    orchastration(...words) {
      terminal.type([process.execPath, CLI, ...words].map((word) => `'${word}'`).join(" "));
      terminal.press("Enter");
    },
    screen: () => tmux("capture-pane", "-p").trimEnd(),
    picture: () => {
      const cells = withoutCharsets(tmux("capture-pane", "-p", "-e"));
      return `${cells}${display("cursor=#{cursor_x},#{cursor_y}")} ${terminal.modes()}`;
    },
    async shows(text) {
      const fits = (screen: string): boolean => (typeof text === "string" ? screen.includes(text) : text.test(screen));
      let screen = "";
      const deadline = performance.now() + PATIENCE_MS;
      await until(() => fits((screen = terminal.screen())) || performance.now() > deadline);
      if (!fits(screen)) throw new Error(`the terminal never showed ${text}, but:\n${screen}`);
      return screen;
    },
    title: () => display("#{pane_title}"),
    settings: () => execFileSync("stty", ["-a", "-F", display("#{pane_tty}")], { encoding: "utf8" }),
    modes: () => display(MODES),
    resize: (cols, rows) => void tmux("resize-window", "-x", String(cols), "-y", String(rows)),
    foreground: () =>
      Number(execFileSync("ps", ["-o", "tpgid=", "-p", display("#{pane_pid}")], { encoding: "utf8" }).trim()),
    hangUp: () => void tmux("kill-server"),
    [Symbol.dispose]() {
      spawnSync("tmux", ["-S", socket, "kill-server"]);
    },
  };
  return terminal;
}

/** From ` on, what characters of the line drawing set look like. */
const LINE_DRAWING = "◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·";

/** A line that was drawn with a character set looks like one that was drawn with a character. */
function withoutCharsets(text: string): string {
  return text.replaceAll(/\x0e([^\x0f]*)\x0f?/g, (_, drawn: string) =>
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what is between sequences
    drawn.replaceAll(
      /(\x1b\[[0-9;]*m)|([`-~])/g,
      (_whole, sequence?: string, character = "") =>
        sequence ?? LINE_DRAWING[character.charCodeAt(0) - 0x60] ?? character,
    ),
  );
}
