import type { Context as Caller, Session, Snapshot } from "@orchastration/protocol/contract";
import { type Notice, STREAM_VERSIONS } from "@orchastration/protocol/stream";
import type { DaemonClient } from "./client.ts";
import { openTerminalStream } from "./terminal-stream.ts";

export interface AttachOptions {
  /**
   * Connects to the daemon. An attachment keeps no connection to it: it asks where the terminal is, and for its screen, and hangs up. Whatever
   * becomes of the daemon in between, the stream goes on.
   */
  readonly connect: () => Promise<Pick<DaemonClient, "call" | "close">>;
  readonly stateDir: string;
  readonly context: Caller;
  /** A run by its id, the beginning of one, or a job's name. */
  readonly session: string;
  readonly mode: "control" | "watch";
  /** Size of the caller's own terminal. A controller's becomes that of the session. */
  readonly cols: number;
  readonly rows: number;
  /** Begin with the screen as it is now, or with the output from an offset on. */
  readonly from: "screen" | number;
  /** Bytes that may be on their way to the caller before output is skipped; absent: as suits a person's terminal. */
  readonly budgetBytes?: number;
}

export type AttachmentEvent =
  /** Written to a cleared terminal of that size, `bytes` give the screen of the session. At first, and whenever output was skipped. */
  | { readonly kind: "screen"; readonly cols: number; readonly rows: number; readonly bytes: Uint8Array }
  | { readonly kind: "output"; readonly bytes: Uint8Array }
  | { readonly kind: "notice"; readonly notice: Notice }
  /** The terminal has put out all it ever will. */
  | { readonly kind: "end"; readonly offset: number };

export interface Attachment {
  readonly id: string;
  readonly session: Session;
  /** Whether it controlled the terminal at its beginning. Notices tell of every change. */
  readonly isController: boolean;
  /** The terminal's own. */
  readonly size: { readonly cols: number; readonly rows: number };
  /** Where in the output the attachment began. */
  readonly from: number;
  /** Output before this was there before the attachment: what the program asked its terminal in it has been answered. */
  readonly historyEnd: number;
  /** Behind the last byte that has been handed over, or skipped. */
  readonly offset: number;
  /**
   * What happens in the terminal, to be iterated once. Asking for the next event says that the one before has been shown: a caller that is slow to
   * ask gets the newest screen instead of all the bytes. Ends after `end` or `detach`. @throws {AttachmentLostError}
   */
  readonly events: AsyncIterable<AttachmentEvent>;
  /** Typed bytes. Those of a watcher are refused by a notice. */
  type(bytes: Uint8Array): void;
  resize(cols: number, rows: number): void;
  /** Leaves; the session goes on. */
  detach(): void;
}

const READ_BYTES = 1_048_576;
/** Bytes told of by the supervisor are in the journal within milliseconds, unless its disk stands still. */
const READ_WAIT_MS = 5_000;

/**
 * Attaches to the terminal of a live session.
 * @throws {OrchastrationError} RunNotFound, SessionNotLive, NoTerminal. @throws {AttachmentLostError}
 */
export async function attach(options: AttachOptions): Promise<Attachment> {
  const { stateDir, context, mode, cols, rows, budgetBytes } = options;
  const found = await ask((daemon) => daemon.call("session.attach", { context, session: options.session }));
  const session = found.session.id;
  const stream = await openTerminalStream(found.endpoint, stateDir, {
    // The highest the supervisor speaks, or ours: one that is too old or too new says so itself.
    version: Math.min(found.version, STREAM_VERSIONS.max),
    session,
    mode,
    from: options.from === "screen" ? found.snapshot.offset : options.from,
    cols,
    rows,
    ...(budgetBytes === undefined ? {} : { budgetBytes }),
  });
  const { answer } = stream;

  async function ask<T>(question: (daemon: Pick<DaemonClient, "call">) => Promise<T>): Promise<T> {
    const daemon = await options.connect();
    try {
      return await question(daemon);
    } finally {
      daemon.close();
    }
  }

  /** The screen now, and the output between it and `offset` if it is older than that. */
  function screenAt(offset: number): Promise<readonly AttachmentEvent[]> {
    return ask(async (daemon) => {
      const { snapshot } = await daemon.call("session.attach", { context, session });
      const events = [screenOf(snapshot)];
      let position = snapshot.offset;
      while (position < offset) {
        const maxBytes = Math.min(READ_BYTES, offset - position);
        const params = { context, session, fromOffset: position, maxBytes, waitMs: READ_WAIT_MS };
        const { data, nextOffset } = await daemon.call("session.read", params);
        if (nextOffset <= position) break;
        events.push({ kind: "output", bytes: Buffer.from(data, "base64") });
        position = nextOffset;
      }
      shownUpTo = Math.max(offset, position);
      return events;
    });
  }

  let shownUpTo = answer.from;

  async function* follow(): AsyncGenerator<AttachmentEvent, void> {
    if (options.from === "screen") {
      const isOfSize = answer.cols === found.snapshot.cols && answer.rows === found.snapshot.rows;
      yield* isOfSize ? [screenOf(found.snapshot)] : await screenAt(shownUpTo).catch(() => [screenOf(found.snapshot)]);
    }
    for await (const event of stream.events()) {
      if (event.kind === "output") {
        const bytes = event.bytes.subarray(Math.max(0, shownUpTo - event.offset));
        const end = event.offset + event.bytes.length;
        shownUpTo = Math.max(shownUpTo, end);
        if (bytes.length > 0) yield { kind: "output", bytes };
        stream.acknowledge(end);
      } else if (event.kind === "notice" && event.notice.kind === "skipped") {
        const { to } = event.notice;
        if (to <= shownUpTo) continue;
        // Without a daemon the output itself goes on, and the caller knows that some is missing.
        yield* await screenAt(to).catch((): readonly AttachmentEvent[] => [event]);
        shownUpTo = Math.max(to, shownUpTo);
        stream.acknowledge(shownUpTo);
      } else {
        yield event;
      }
    }
  }

  return {
    id: answer.attachment,
    session: found.session,
    isController: answer.controller,
    size: { cols: answer.cols, rows: answer.rows },
    from: answer.from,
    historyEnd: answer.historyEnd ?? answer.from,
    get offset() {
      return shownUpTo;
    },
    events: follow(),
    type: stream.type,
    resize: stream.resize,
    detach: stream.close,
  };
}

function screenOf({ cols, rows, data }: Snapshot): AttachmentEvent {
  return { kind: "screen", cols, rows, bytes: Buffer.from(data, "base64") };
}
