import type { Socket } from "node:net";
import { newId, OrchastrationError } from "@orchastration/protocol";
import { type AttachRequest, formatAttachAnswer, type Notice } from "@orchastration/protocol/stream";
import type { TerminalFacts } from "@orchastration/protocol/supervisor";
import { createJournal, type JournalDeps, type JournalPlace, type JournalWriter } from "../journal/journal.ts";
import { type Attachment, createAttachment } from "../stream/attachment.ts";
import { grantBudget } from "../stream/budget.ts";
import { createControl } from "../stream/controller.ts";
import { awaitLastOutput, type LastOutput } from "./last-output.ts";
import type { Pty, PtyEvents, Size } from "./pty.ts";
import { createTypingNotice } from "./typing.ts";

/** A terminal and everybody who looks at it. */
export interface Terminal {
  facts(): TerminalFacts;
  /** Answers the attach line and speaks the stream. @throws {OrchastrationError} InvalidParams */
  attach(socket: Socket, request: AttachRequest): void;
  /**
   * False when it was to be written only to a terminal nobody controls, and answers what was asked since somebody does. @throws {OrchastrationError} LimitExceeded
   */
  write(bytes: Uint8Array, options: { readonly unlessControlled: boolean; readonly askedBefore?: number }): boolean;
  /** Without effect while somebody controls it. */
  resize(size: Size): void;
  /** @throws {OrchastrationError} AttachmentNotFound */
  takeControl(attachment: string): void;
  /** Everybody attached. */
  tell(notice: Notice): void;
  /** Some process has it open, or its last output is yet to be read. */
  readonly isOpen: boolean;
  /** Takes what is left to be read, hangs up whoever still has it open, and completes the journal. */
  finish(): Promise<void>;
}

export interface TerminalDeps extends JournalDeps {
  /** Attachments, controller or size changed. */
  onChange(): void;
  /** Somebody types; not told for every key. */
  onTyped(): void;
}

/** Typed and not yet read by the program: above the one the client that types has to wait, below the other it goes on. */
const INPUT_HIGH_BYTES = 1024 * 1024;
const INPUT_LOW_BYTES = 256 * 1024;
/** Output gets into the journal so much later when somebody sees it meanwhile, or when there is more of it to come. */
const JOURNAL_DELAY_MS = 5;
/** Whoever writes so much at once, of the 4 KiB that a terminal takes, goes on writing. */
const PART_OF_MORE_BYTES = 1024;

/**
 * Makes the journal, then the terminal by `spawn`, which also tells what else came of it.
 * @throws what `spawn` throws, then there is no journal; {OrchastrationError} SpawnFailed, StateUnavailable when there cannot be one
 */
export function openTerminal<T extends { readonly pty: Pty }>(
  deps: TerminalDeps,
  params: JournalPlace,
  spawn: (events: PtyEvents) => T,
): T & { readonly terminal: Terminal } {
  let isPaused = false;
  const journal = createJournal(deps, params, (isHigh) => {
    isPaused = isHigh;
    if (isHigh) pty.pause();
    else pty.resume();
  });
  let isOpen = true;
  let isFinal = false;
  let lastOutput: LastOutput | undefined;
  /** What the program asks from here on, the terminal of whoever controls answers. */
  let controlledFrom = Infinity;

  const spawned = spawnOrDiscard(journal, spawn, {
    onOutput(bytes) {
      // Whoever looks on comes first: the disk, and who reads the journal, would take the processor from their screens.
      const mayWait = control.members.length > 0 || bytes.length >= PART_OF_MORE_BYTES;
      journal.append(bytes, mayWait ? JOURNAL_DELAY_MS : 0);
      for (const member of control.members) member.pump();
      lastOutput?.saw(bytes.length);
    },
    onInputTaken() {
      if (pty.queuedBytes < INPUT_LOW_BYTES) for (const member of control.members) member.resumeInput();
    },
  });
  const { pty } = spawned;
  const noticeTyping = createTypingNotice(deps.clock, deps.onTyped);
  let size: Size = { cols: params.output.cols, rows: params.output.rows };
  journal.markSize(size.cols, size.rows);
  void pty.ended.then(() => {
    isOpen = false;
  });

  const control = createControl<Attachment>(({ cause, controller, former }) => {
    if (controller === null) {
      controlledFrom = Infinity;
      return;
    }
    controlledFrom = Math.min(controlledFrom, journal.endOffset);
    former?.notify({ kind: "control-taken", by: controller.id });
    if (cause !== "joined") controller.notify({ kind: "control-given" });
    if (cause === "joined" && isSameSize(controller.size, size)) repaint();
    setSize(controller.size);
  });

  function setSize(next: Size): void {
    if (isSameSize(next, size)) return;
    size = { cols: next.cols, rows: next.rows };
    pty.resize(size);
    journal.markSize(size.cols, size.rows);
    for (const member of control.members) {
      if (member !== control.controller) member.notify({ kind: "resized", ...size });
    }
    deps.onChange();
  }

  /** A program is only told of sizes that differ from the one before. */
  function repaint(): void {
    const { cols, rows } = size;
    pty.resize({ cols, rows: rows > 1 ? rows - 1 : rows + 1 });
    pty.resize(size);
  }

  function attach(socket: Socket, request: AttachRequest): void {
    const { mode, cols, rows } = request;
    const historyEnd = journal.endOffset;
    if (request.from !== null && request.from > historyEnd) throw beyondTheEnd(request.from, historyEnd);
    const from = request.from === null ? historyEnd : Math.max(request.from, journal.firstOffset);
    const id = newId();
    const isController = mode === "control";
    const shown = isController ? { cols, rows } : size;
    socket.write(
      formatAttachAnswer({ ok: true, attachment: id, from, historyEnd, ...shown, controller: isController }),
    );
    let isRefused = false;
    const terms = { id, mode, size: { cols, rows }, from, historyEnd, budgetBytes: grantBudget(request.budgetBytes) };
    const attachment = createAttachment(socket, terms, journal, {
      onInput(bytes) {
        if (control.controller === attachment) {
          isRefused = false;
          pty.write(bytes);
          noticeTyping(bytes);
          if (pty.queuedBytes > INPUT_HIGH_BYTES) attachment.pauseInput();
        } else if (!isRefused) {
          // Once, however much is typed.
          isRefused = true;
          attachment.notify({ kind: "input-refused" });
        }
      },
      onSize(wanted) {
        if (control.controller === attachment) setSize(wanted);
      },
      onClosed() {
        control.leave(attachment);
        deps.onChange();
      },
    });
    control.join(attachment);
    if (request.from === null && !isController) repaint();
    if (isFinal) attachment.finish();
    else attachment.pump();
    deps.onChange();
  }

  const terminal: Terminal = {
    facts: () => ({
      ...size,
      offset: journal.endOffset,
      attachments: control.members.map(({ id, mode }) => ({ id, mode })),
      controller: control.controller?.id ?? null,
    }),
    attach,
    write(bytes, { unlessControlled, askedBefore = Infinity }) {
      if (unlessControlled && control.controller !== null && askedBefore > controlledFrom) return false;
      if (pty.queuedBytes > INPUT_HIGH_BYTES) throw inputFull(pty.queuedBytes);
      pty.write(bytes);
      // The other ones are a terminal's answers.
      if (!unlessControlled) noticeTyping(bytes);
      return true;
    },
    resize(wanted) {
      if (control.controller === null) setSize(wanted);
    },
    takeControl(id) {
      const attachment = control.members.find((member) => member.id === id);
      if (attachment === undefined) {
        throw new OrchastrationError("AttachmentNotFound", `The session has no attachment ${id}.`);
      }
      control.give(attachment);
      deps.onChange();
    },
    tell(notice) {
      for (const member of control.members) member.notify(notice);
    },
    get isOpen() {
      return isOpen;
    },
    async finish() {
      lastOutput = awaitLastOutput(deps.clock, pty.ended, () => isPaused);
      await lastOutput.complete;
      pty.close();
      await journal.end();
      isFinal = true;
      for (const member of control.members) member.finish();
    },
  };
  return { ...spawned, terminal };
}

function spawnOrDiscard<T>(journal: JournalWriter, spawn: (events: PtyEvents) => T, events: PtyEvents): T {
  try {
    return spawn(events);
  } catch (error) {
    journal.discard();
    throw error;
  }
}

function isSameSize(a: Size, b: Size): boolean {
  return a.cols === b.cols && a.rows === b.rows;
}

function beyondTheEnd(from: number, end: number): OrchastrationError {
  return new OrchastrationError(
    "InvalidParams",
    `The terminal has put out ${end} bytes; it cannot be joined at ${from}.`,
  );
}

function inputFull(bytes: number): OrchastrationError {
  return new OrchastrationError("LimitExceeded", `The program has not read ${bytes} bytes that were typed before.`, {
    hint: "Send the rest when the program reads again.",
  });
}
