import type { TerminalSize } from "@orchastration/protocol/contract";
import type { Notice } from "@orchastration/protocol/stream";

/** What the person at a terminal is to the session it shows. */
export interface Standing {
  readonly isReadOnly: boolean;
  /** What is typed reaches the program. */
  readonly isController: boolean;
  /** The session's size, where it is not that of the person's own terminal. */
  readonly size: TerminalSize;
}

/** The same standing when the notice changes nothing of it. */
export function afterNotice(standing: Standing, notice: Notice): Standing {
  switch (notice.kind) {
    case "control-taken":
      return { ...standing, isController: false };
    case "control-given":
      return { ...standing, isController: true };
    case "resized":
      return { ...standing, size: { cols: notice.cols, rows: notice.rows } };
    case "input-refused":
    case "skipped":
    case "news":
      return standing;
  }
}

/** What of the session cannot be seen; undefined when all of it can. */
export function describeCut({ isController, size }: Standing, own: TerminalSize): string | undefined {
  const isCut = !isController && (size.cols > own.cols || size.rows > own.rows);
  return isCut ? `${size.cols}x${size.rows}, cut to ${own.cols}x${own.rows} here` : undefined;
}

export interface TitleParts {
  readonly command: string;
  readonly detachKeys: string;
  readonly takeKeys: string;
}

/** For the window: the only place that is not the program's screen. */
export function describeStanding(
  standing: Standing,
  own: TerminalSize,
  { command, detachKeys, takeKeys }: TitleParts,
): string {
  const cut = describeCut(standing, own);
  const where = cut === undefined ? command : `${command}, ${cut}`;
  if (standing.isController) return `${where} (${detachKeys} detaches)`;
  if (standing.isReadOnly) return `watching ${where} (${detachKeys} detaches)`;
  return `another client controls ${where} (${takeKeys} takes control, ${detachKeys} detaches)`;
}
