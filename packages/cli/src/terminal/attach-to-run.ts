import { type Attachment, attach, type DaemonClient } from "@orchastration/client";
import { OrchastrationError, toPlainText } from "@orchastration/protocol";
import type { TerminalSize } from "@orchastration/protocol/contract";
import type { Context } from "../context.ts";
import { formatArgv } from "../output/format.ts";
import type { Terminal } from "../output/terminal.ts";
import { chooseChord, type NamedChord } from "./choose-chord.ts";
import { parseChord } from "./detach-chord.ts";
import { type Departure, type Shown, showAttachment, sizeOfScreen } from "./show-attachment.ts";
import { describeCut, describeStanding, type Standing } from "./standing.ts";

export interface AttachToRunOptions {
  /** An open connection, for the questions at the beginning; closed when they are answered. */
  readonly client: Pick<DaemonClient, "call" | "close">;
  readonly run: string;
  readonly isReadOnly: boolean;
  /** What is drawn on. */
  readonly screen: Terminal;
  /** `beginning`: everything from the first byte on, below what stands on the terminal. `screen`: the screen as it is now, in place of it. */
  readonly from: "screen" | "beginning";
  readonly leaving: Promise<number>;
}

export interface LeftRun {
  readonly id: string;
  readonly name: string;
  readonly departure: Exclude<Departure, { kind: "suspended" }>;
  /** Of the run's output, when the stay began and ended. */
  readonly fromOffset: number;
  readonly toOffset: number;
}

/** What somebody types who lost control and wants it back. */
const TAKE_KEYS = "ctrl-t";

/** Attaches this process's terminal to a live run's, until the run ends or is left. Answers which, and the run's id. */
export async function attachToRun(context: Context, options: AttachToRunOptions): Promise<LeftRun> {
  const { output, suspension } = context;
  const { client } = options;
  // While we attach: nobody stays attached without a way to leave.
  const choosing = chooseChord(context, client);
  choosing.catch(() => {});
  const borrowed = { call: client.call, close: () => void choosing.then(client.close, client.close) };
  let attachment = await open(context, options, options.from === "screen" ? "screen" : 0, borrowed);
  const chord = await choosing.catch((error: unknown) => {
    attachment.detach();
    throw error;
  });
  const { from: fromOffset } = attachment;
  const { id, name, argv } = attachment.session;
  const command = toPlainText(formatArgv(argv));
  await output.note(greetingOf(attachment, options, command, chord));
  for (;;) {
    const shown = await show(context, attachment, options, command, chord);
    const { departure } = shown;
    const left = { id, name, fromOffset, toOffset: attachment.offset };
    if (departure.kind === "suspended") {
      await suspension.suspend();
      const next = await comeBack(context, options);
      if (next === undefined) return { ...left, departure: { kind: "ended" } };
      attachment = next;
      continue;
    }
    if (departure.kind !== "ended") await output.note(farewellOf(id, shown)).catch(() => {});
    return { ...left, departure };
  }
}

/** @param borrowed a connection for the first question */
function open(
  { caller, place, connect }: Context,
  { run, isReadOnly, screen }: AttachToRunOptions,
  from: "screen" | 0,
  borrowed?: AttachToRunOptions["client"],
): Promise<Attachment> {
  let next = borrowed;
  return attach({
    connect() {
      const first = next;
      next = undefined;
      return first === undefined ? connect({ mayLaunch: true, isSilent: true }) : Promise.resolve(first);
    },
    stateDir: place.stateDir,
    context: caller,
    session: run,
    mode: isReadOnly ? "watch" : "control",
    ...sizeOfScreen(screen),
    from,
  });
}

/** Undefined when the run ended in the meantime. */
async function comeBack(context: Context, options: AttachToRunOptions): Promise<Attachment | undefined> {
  try {
    return await open(context, options, "screen");
  } catch (error) {
    if (error instanceof OrchastrationError && error.kind === "SessionNotLive") return undefined;
    throw error;
  }
}

function show(
  context: Context,
  attachment: Attachment,
  { isReadOnly, screen, leaving }: AttachToRunOptions,
  command: string,
  chord: NamedChord,
): Promise<Shown> {
  const titleParts = { command, detachKeys: chord.name, takeKeys: TAKE_KEYS };
  return showAttachment(context, attachment, {
    screen,
    leaving,
    chord: chord.keys,
    takeChord: parseChord(TAKE_KEYS) ?? [],
    standing: { isReadOnly, isController: attachment.isController, size: attachment.size },
    title: (standing) => describeStanding(standing, sizeOfScreen(screen), titleParts),
    async takeControl() {
      const daemon = await context.connect({ mayLaunch: true, isSilent: true });
      const params = { context: context.caller, session: attachment.session.id, attachment: attachment.id };
      await daemon.call("session.takeControl", params).finally(() => daemon.close());
    },
  });
}

function greetingOf(
  { session, size, isController }: Attachment,
  { isReadOnly, screen }: AttachToRunOptions,
  command: string,
  chord: NamedChord,
): string {
  const verb = isReadOnly ? "Watching" : "Attached to";
  const own: TerminalSize = sizeOfScreen(screen);
  const cut = describeCut({ isReadOnly, isController, size }, own);
  const hint = cut === undefined ? "" : ` Its terminal is ${cut}: make this one larger to see all of it.`;
  return `${verb} run ${session.id} (${command}). ${chord.name} leaves it running.${hint}`;
}

function farewellOf(id: string, { standing }: Shown): string {
  return `Detached: run ${id} goes on${describeControl(standing)}. Come back with: \`orchastration attach ${id}\``;
}

function describeControl({ isReadOnly, isController }: Standing): string {
  if (isReadOnly === isController) return isReadOnly ? ", and had given you control" : ", controlled by another client";
  return "";
}
