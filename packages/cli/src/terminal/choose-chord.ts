import type { DaemonClient } from "@orchastration/client";
import { OrchastrationError } from "@orchastration/protocol";
import { UsageError } from "../command-error.ts";
import type { Context } from "../context.ts";
import { type Chord, parseChord } from "./detach-chord.ts";

const DEFAULT = "ctrl-q";

export interface NamedChord {
  /** As the configuration writes it. */
  readonly name: string;
  readonly keys: Chord;
}

/** The keys that leave a terminal: those of the environment, or else of the configuration. */
export async function chooseChord(
  { env, caller }: Pick<Context, "env" | "caller">,
  client: Pick<DaemonClient, "call">,
): Promise<NamedChord> {
  const named = env["ORCHASTRATION_DETACH_KEYS"];
  if (named !== undefined && named !== "") return chordOf(named, "ORCHASTRATION_DETACH_KEYS");
  try {
    const { entries } = await client.call("config.get", { context: caller });
    const value = entries.find(({ key }) => key === "attach.detach_keys")?.value;
    return chordOf(typeof value === "string" ? value : DEFAULT, "attach.detach_keys");
  } catch (error) {
    // A mistake elsewhere in the configuration must not lock anybody out of what runs.
    if (error instanceof OrchastrationError && error.kind === "ConfigInvalid") return chordOf(DEFAULT, "the default");
    throw error;
  }
}

function chordOf(name: string, source: string): NamedChord {
  const keys = parseChord(name);
  if (keys === undefined)
    throw new UsageError(`${source} is "${name}".`, 'Write keys such as "ctrl-q" or "ctrl-p,ctrl-q".');
  return { name, keys };
}
