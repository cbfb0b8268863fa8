import { openJournal } from "@orchastration/protocol/node";
import { type Follower, followGrowing, type OutputSink } from "./follow-growing.ts";

/** Follows all that a terminal puts out. What the journal has dropped is passed over. */
export function followJournal(directory: string, sink: OutputSink, from = 0): Follower {
  const { read } = openJournal(directory);
  return followGrowing({ path: directory, read, close: () => {} }, sink, from);
}
