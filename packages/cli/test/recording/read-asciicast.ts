/**
 * An independent reader of asciicast v2, written from docs.asciinema.org/manual/asciicast/v2: newline-delimited JSON, the first line an object with
 * `version`, `width` and `height`, every further one `[time, code, data]`, whose times never go back.
 */
export interface Cast {
  readonly width: number;
  readonly height: number;
  readonly timestamp: number;
  readonly events: readonly { readonly time: number; readonly code: string; readonly data: string }[];
}

export function readAsciicast(text: string): Cast {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const [first, ...rest] = text.slice(0, -1).split("\n");
  const header: unknown = JSON.parse(first ?? "");
  if (typeof header !== "object" || header === null || !("version" in header) || header.version !== 2) {
    throw new Error("no header of version 2");
  }
  const width = count(header, "width");
  const height = count(header, "height");
  const timestamp = count(header, "timestamp");
  let last = 0;
  const events = rest.map((line) => {
    const event: unknown = JSON.parse(line);
    if (!Array.isArray(event) || event.length !== 3) throw new Error(`no event: ${line}`);
    const [time, code, data]: unknown[] = event;
    if (typeof time !== "number" || time < last) throw new Error(`time goes back: ${line}`);
    if (typeof code !== "string" || typeof data !== "string") throw new Error(`no code and text: ${line}`);
    if (code === "r" && !/^\d+x\d+$/.test(data)) throw new Error(`no size: ${line}`);
    last = time;
    return { time, code, data };
  });
  return { width, height, timestamp, events };
}

function count(header: object, name: string): number {
  const value = Object.entries(header).find(([key]) => key === name)?.[1];
  if (!Number.isInteger(value) || value <= 0) throw new Error(`the header has no ${name}`);
  return value;
}
