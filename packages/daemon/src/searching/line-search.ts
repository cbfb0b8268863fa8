import { StringDecoder } from "node:string_decoder";
import type { Place, PlainPiece } from "./strip-controls.ts";
import type { TextFinder } from "./text-finder.ts";

/** A line that contains the text. */
export interface LineHit {
  /** Where the text begins: the first one of the line. Bytes from the beginning of the stream. */
  readonly offset: number;
  /** The line, without controls; of a long one what is around the text. */
  readonly line: string;
}

export interface LineSearch {
  push(piece: PlainPiece): readonly LineHit[];
  /** No more comes, or something is missing before what comes next. */
  end(): readonly LineHit[];
}

/** Bytes of a line that are shown before the text and behind it. */
export const SHOWN_BEFORE_BYTES = 120;
export const SHOWN_BEHIND_BYTES = 240;

/** Looks for lines in text that comes piece by piece, and keeps no more of it than a hit may show, however long a line is. */
export function createLineSearch({ find, longestBytes }: TextFinder): LineSearch {
  const neededBytes = longestBytes + SHOWN_BEHIND_BYTES;
  let text = "";
  let places: Place[] = [];
  let searchFrom = 0;
  /** The rest of a line that was answered already. */
  let isPassing = false;

  function append({ text: more, places: morePlaces }: PlainPiece): void {
    const lineEnd = isPassing ? more.indexOf("\n") : -1;
    if (isPassing && lineEnd === -1) return;
    isPassing = false;
    const skipped = lineEnd + 1;
    const shift = text.length - skipped;
    text += more.slice(skipped);
    for (const { at, offset } of fromCharacter(morePlaces, skipped)) places.push({ at: at + shift, offset });
  }

  function scan(isEnd: boolean): readonly LineHit[] {
    const hits: LineHit[] = [];
    for (;;) {
      const at = find(text, searchFrom);
      if (at === -1) {
        // A text of which the end has not come yet begins here at the earliest.
        searchFrom = Math.max(searchFrom, text.length - longestBytes + 1);
        break;
      }
      const lineEnd = text.indexOf("\n", at);
      if (lineEnd === -1 && !isEnd && text.length - at < neededBytes) {
        searchFrom = at;
        break;
      }
      hits.push({ offset: offsetOf(places, at), line: shownLine(at, lineEnd === -1 ? text.length : lineEnd) });
      isPassing = lineEnd === -1;
      searchFrom = isPassing ? text.length : lineEnd + 1;
      if (isPassing) break;
    }
    forget(isPassing ? text.length : Math.max(0, lineStartBefore(searchFrom), searchFrom - SHOWN_BEFORE_BYTES));
    return hits;
  }

  function lineStartBefore(at: number): number {
    return at === 0 ? 0 : text.lastIndexOf("\n", at - 1) + 1;
  }

  function shownLine(at: number, lineEnd: number): string {
    const lineStart = lineStartBefore(at);
    const from = Math.max(lineStart, at - SHOWN_BEFORE_BYTES);
    const bytes = Buffer.from(text.slice(from, Math.min(lineEnd, at + neededBytes)), "latin1");
    // Characters of which a cut left only a part are left out.
    const first = from === lineStart ? 0 : bytes.findIndex((byte) => (byte & 0xc0) !== 0x80);
    return new StringDecoder("utf8").write(bytes.subarray(Math.max(0, first)));
  }

  function forget(count: number): void {
    places = fromCharacter(places, count).map(({ at, offset }) => ({ at: at - count, offset }));
    text = text.slice(count);
    searchFrom -= count;
  }

  return {
    push(piece) {
      append(piece);
      return scan(false);
    },
    end() {
      const hits = scan(true);
      text = "";
      places = [];
      searchFrom = 0;
      isPassing = false;
      return hits;
    },
  };
}

/** The places of the text from a character on. */
function fromCharacter(places: readonly Place[], first: number): Place[] {
  const later = indexBehind(places, first);
  const holding = places[later - 1];
  const rest = places.slice(later);
  return holding === undefined ? rest : [{ at: first, offset: holding.offset + first - holding.at }, ...rest];
}

function offsetOf(places: readonly Place[], at: number): number {
  const holding = places[indexBehind(places, at) - 1];
  if (holding === undefined) throw new Error(`character ${at} of the text stands nowhere in the output`);
  return holding.offset + at - holding.at;
}

/** Index of the first place behind a character. */
function indexBehind(places: readonly Place[], at: number): number {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((places[middle]?.at ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
