import type { Terminal } from "@xterm/headless";

/** As many as kitty keeps; a program that pushes without end loses its oldest ones. */
const LONGEST_STACK = 16;

/** Progressive enhancement flags (kitty): those in force are the last. Main and alternate screen have their own. */
type Flags = number[];

/** How keys are encoded, which the emulator, having no keyboard, does not follow. */
export interface KeyboardProtocol {
  /** The flags in force on the screen that is shown. */
  flags(): number;
  /** Sequences that bring a terminal with everything off to the state of this screen. */
  restoreFlags(screen: "normal" | "alternate"): string;
  restoreOtherKeys(): string;
}

export function followKeyboardProtocol(terminal: Terminal): KeyboardProtocol {
  const stacks: Record<"normal" | "alternate", Flags> = { normal: [0], alternate: [0] };
  let otherKeys = 0;
  const stack = (): Flags => stacks[terminal.buffer.active.type];

  const on = (
    id: { prefix?: string; intermediates?: string; final: string },
    act: (params: number[]) => void,
  ): void => {
    terminal.parser.registerCsiHandler(id, (params) => {
      act(params.map((param) => (typeof param === "number" ? param : 0)));
      // Others may follow the same sequence.
      return false;
    });
  };
  const reset = (): void => {
    stacks.normal = [0];
    stacks.alternate = [0];
    otherKeys = 0;
  };

  on({ prefix: ">", final: "u" }, ([flags = 0]) => {
    stack().push(flags);
    if (stack().length > LONGEST_STACK) stack().shift();
  });
  on({ prefix: "<", final: "u" }, ([count = 1]) => {
    stack().splice(-Math.max(1, count));
    if (stack().length === 0) stack().push(0);
  });
  on({ prefix: "=", final: "u" }, ([flags = 0, mode = 1]) => {
    const before = stack().pop() ?? 0;
    stack().push(mode === 2 ? before | flags : mode === 3 ? before & ~flags : flags);
  });
  on({ prefix: ">", final: "m" }, ([resource, value = 0]) => {
    if (resource === undefined || resource === 4) otherKeys = value;
  });
  on({ prefix: ">", final: "n" }, ([resource]) => {
    if (resource === 4) otherKeys = 0;
  });
  terminal.parser.registerEscHandler({ final: "c" }, () => {
    reset();
    return false;
  });

  return {
    flags: () => stack().at(-1) ?? 0,
    restoreFlags(screen) {
      const [lowest = 0, ...pushed] = stacks[screen];
      return (lowest === 0 ? "" : `\x1b[=${lowest};1u`) + pushed.map((flags) => `\x1b[>${flags}u`).join("");
    },
    restoreOtherKeys: () => (otherKeys === 0 ? "" : `\x1b[>4;${otherKeys}m`),
  };
}
