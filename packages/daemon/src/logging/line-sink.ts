import { messageOf } from "@orchastration/protocol";
/** Where finished lines go. */
export type LineSink = (line: string) => void;

/**
 * A log that cannot be written ends nobody: lines for which there is no room are counted, and the count is said before the next line that is
 * written again.
 */
export function sparingSink(write: LineSink, noticeOf: (lines: number, reason: string) => string): LineSink {
  let lost = 0;
  let reason = "";
  return (line) => {
    try {
      if (lost > 0) write(noticeOf(lost, reason));
      lost = 0;
      write(line);
    } catch (error) {
      lost += 1;
      reason = messageOf(error);
    }
  };
}
