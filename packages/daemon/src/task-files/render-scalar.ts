import { toPlainJson } from "@orchastration/protocol";
import type { HeaderEntry } from "./yaml.ts";

/** Plain in every YAML, inside `{}` too. Anything else gets quotes, whether it needs them or not. */
const plain = /^[A-Za-z][\w./@+-]*(?: [\w./@+-]+)*$/;
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;
/** Some reader of YAML takes these for a boolean or nothing. */
const words = /^(?:true|false|yes|no|on|off|y|n|null)$/i;
const printable = /^[ -~]*$/;

/** A text as YAML writes it on one line; null for nothing. */
export function renderScalar(value: string | null, quoting: HeaderEntry["quoting"] = "none"): string {
  if (value === null) return "null";
  if (quoting === "single" && printable.test(value)) return `'${value.replaceAll("'", "''")}'`;
  if (quoting === "none" && isPlain(value)) return value;
  // JSON is YAML, with an escape for whatever would act on a terminal.
  return toPlainJson(value);
}

function isPlain(value: string): boolean {
  return time.test(value) || (plain.test(value) && !words.test(value));
}
