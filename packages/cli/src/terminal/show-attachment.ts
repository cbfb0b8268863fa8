import type { Attachment, AttachmentEvent } from "@orchastration/client";
import type { TerminalSize } from "@orchastration/protocol/contract";
import type { Context } from "../context.ts";
import type { Terminal } from "../output/terminal.ts";
import { write } from "../output/write.ts";
import { createAsides } from "./asides.ts";
import { type Chord, createChordFilter } from "./detach-chord.ts";
import { sizeOfTerminal } from "./has-terminal.ts";
import { notificationFor } from "./notification-for.ts";
import { enterRawMode } from "./raw-mode.ts";
import { BELOW_THE_SCREEN, CLEARED, POP_TITLE, pushTitle, scrollAway, TERMINAL_AS_USUAL } from "./restore.ts";
import { followSequences } from "./sequence-boundary.ts";
import { silenceHistory } from "./silence-history.ts";
import { afterNotice, type Standing } from "./standing.ts";
import { listenToTyping } from "./typing.ts";

/** Why the terminal is the caller's again. */
export type Departure =
  | { readonly kind: "ended" }
  | { readonly kind: "detached" }
  /** To be attached again when this process, which is to stop now, goes on. */
  | { readonly kind: "suspended" }
  /** Told to go by a signal, or the terminal went away. */
  | { readonly kind: "left"; readonly exitCode: number };

export interface ShowOptions {
  /** What is drawn on. */
  readonly screen: Terminal;
  readonly chord: Chord;
  /** The keys with which somebody who lost control asks for it. */
  readonly takeChord: Chord;
  readonly standing: Standing;
  /** For the window. */
  title(standing: Standing): string;
  takeControl(): Promise<void>;
  /** Resolves with the exit code of this process when it is to go. */
  readonly leaving: Promise<number>;
}

export interface Shown {
  readonly departure: Departure;
  /** As it was in the end. */
  readonly standing: Standing;
}

const EXIT_TERMINAL_GONE = 129;
const ESCAPE = 0x1b;

/** Gives the caller's terminal to an attachment, until the session ends or the caller leaves; then the terminal is as it was. */
export async function showAttachment(
  { stdin, env, suspension }: Pick<Context, "stdin" | "env" | "suspension">,
  attachment: Attachment,
  options: ShowOptions,
): Promise<Shown> {
  const { screen, chord, leaving } = options;
  const departure = Promise.withResolvers<Departure>();
  const leaveRawMode = enterRawMode(stdin);
  const painter = createPainter(attachment, options, notificationFor(env));
  const keys = createChordFilter(options.takeChord);
  /** What is typed by somebody who does not control goes nowhere, except the wish to. Answers of the terminal itself, which begin with Esc, are nobody's typing. */
  const type = (bytes: Uint8Array): void => {
    if (painter.standing.isController) return attachment.type(bytes);
    if (painter.standing.isReadOnly) return;
    if (keys.push(bytes).isComplete) void options.takeControl().catch(() => painter.ring());
    else if (bytes[0] !== ESCAPE) painter.ring();
  };
  const stopListening = listenToTyping(stdin, chord, {
    onBytes: type,
    onChord: () => departure.resolve({ kind: "detached" }),
    onEnd: () => departure.resolve({ kind: "left", exitCode: EXIT_TERMINAL_GONE }),
  });
  const tellSize = (): void => {
    if (screen.columns !== undefined && screen.rows !== undefined) attachment.resize(screen.columns, screen.rows);
  };
  screen.on("resize", tellSize);
  const stopHearing = suspension.onWish(() => departure.resolve({ kind: "suspended" }));
  void leaving.then((exitCode) => departure.resolve({ kind: "left", exitCode }));

  let isEnded = false;
  try {
    await write(screen, pushTitle(options.title(options.standing)));
    const outcome = await Promise.race([showEvents(attachment, painter), departure.promise]);
    isEnded = outcome.kind === "ended";
    return { departure: outcome, standing: painter.standing };
  } finally {
    stopHearing();
    screen.off("resize", tellSize);
    stopListening();
    attachment.detach();
    // A terminal that is gone cannot be restored, and needs not.
    await write(screen, `${TERMINAL_AS_USUAL}${POP_TITLE}${isEnded ? "" : BELOW_THE_SCREEN}`).catch(() => {});
    leaveRawMode();
  }
}

async function showEvents({ events }: Attachment, painter: Painter): Promise<Departure> {
  for await (const event of events) await painter.show(event);
  return { kind: "ended" };
}

interface Painter {
  readonly standing: Standing;
  show(event: AttachmentEvent): Promise<void>;
  ring(): void;
}

/** Shows output untouched. What is ours goes to the title, the bell and the terminal's notifications, between two sequences of the program. */
function createPainter(
  attachment: Attachment,
  { screen, standing: initial, title }: ShowOptions,
  notification: (title: string, body: string) => string,
): Painter {
  const sequences = followSequences();
  const silence = silenceHistory(attachment.historyEnd);
  let standing = initial;
  let isFirst = true;
  const asides = createAsides();

  async function draw(bytes: Uint8Array): Promise<void> {
    sequences.take(bytes);
    await write(screen, bytes);
    await addAsides();
  }

  async function addAsides(): Promise<void> {
    const text = sequences.isBetween ? asides.take() : "";
    if (text !== "") await write(screen, text);
  }

  function clear(rows: number): Promise<void> {
    return write(screen, isFirst ? scrollAway(sizeOfTerminal(screen)?.rows ?? rows) : `${TERMINAL_AS_USUAL}${CLEARED}`);
  }

  return {
    get standing() {
      return standing;
    },
    async show(event) {
      switch (event.kind) {
        case "screen":
          await clear(event.rows);
          await draw(event.bytes);
          break;
        case "output":
          await draw(silence(event.bytes, attachment.offset));
          break;
        case "notice": {
          const { notice } = event;
          const next = afterNotice(standing, notice);
          if (next !== standing) asides.title(title(next));
          standing = next;
          if (notice.kind === "news") asides.tell(notification(notice.title, notice.body));
          await addAsides();
          break;
        }
        case "end":
          break;
      }
      isFirst = false;
    },
    ring() {
      asides.ring();
      void addAsides().catch(() => {});
    },
  };
}

/** Of a terminal that does not know its size: what programs expect then. */
export function sizeOfScreen(screen: Terminal): TerminalSize {
  return sizeOfTerminal(screen) ?? { cols: 80, rows: 24 };
}
