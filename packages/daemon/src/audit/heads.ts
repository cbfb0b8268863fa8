import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf, OrchastrationError } from "@orchastration/protocol";
import { namesIn, writeFileAtomically } from "@orchastration/protocol/node";
import { z } from "zod";
import type { ChainPosition } from "../domain/event-segment.ts";
import { parseJson } from "./digest.ts";
import { openEnvelope, sealEnvelope } from "./dsse.ts";
import { Flaw } from "./flaw.ts";
import { createSigningKey, readSigningKey, type SigningKey } from "./signing-key.ts";

export const HEAD_TYPE = "application/vnd.orchastration.head+json";

const headSchema = z.strictObject({
  seq: z.int().positive(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  at: z.string(),
  keyid: z.string(),
});
/** Where the chain stood after event `seq`, as this instance saw it at that time. */
export type SignedHead = z.infer<typeof headSchema>;

/** What a stored head says, or why it cannot be believed. `seq` is the one its file is named by. */
export type StoredHead =
  | { readonly seq: number; readonly head: SignedHead }
  | { readonly seq: number; readonly flaw: string };

/**
 * The signed heads of an instance: `audit/heads/<seq>-<hash>.json` in its state directory, an envelope each, and the key beside them. They are files and
 * no table so that a registry put back from a copy does not take them back with it.
 */
export interface Heads {
  /** Made when it is first asked for. @throws OrchastrationError AuditUnusable */
  key(): SigningKey;
  /** The signed head of that position, on disk: the one there is, or a new one. */
  sign(position: ChainPosition): Promise<string>;
  /** Seq of the newest there is; 0 when there is none. */
  newestSeq(): number;
  /** In the order of their seq. */
  read(): Iterable<StoredHead>;
}

export function createHeads({ stateDir, now }: { readonly stateDir: string; readonly now: () => Date }): Heads {
  const keyPath = signingKeyPath(stateDir);
  const directory = join(stateDir, "audit", "heads");
  let known: SigningKey | undefined;

  function key(): SigningKey {
    known ??= readSigningKey(keyPath) ?? makeKey();
    return known;
  }

  function makeKey(): SigningKey {
    if (headsIn(directory).length === 0) return writing(() => createIn(directory, keyPath));
    throw new OrchastrationError("AuditUnusable", `${keyPath} is gone, but heads that it signed are there`);
  }

  /** @throws Flaw */
  function read(name: string): { readonly envelope: string; readonly head: SignedHead } {
    const envelope = readFileSync(join(directory, name), "utf8");
    const head = readHead(envelope, key());
    if (fileNameOf(head) !== name) throw new Flaw(`it is that of event ${head.seq}`);
    return { envelope, head };
  }

  return {
    key,
    async sign({ seq, hash }) {
      const { keyId, privateKey } = key();
      const name = fileNameOf({ seq, hash });
      if (headsIn(directory).includes(name)) return usable(name, () => read(name).envelope);
      const head: SignedHead = { seq, hash, at: now().toISOString(), keyid: keyId };
      const envelope = sealEnvelope(HEAD_TYPE, JSON.stringify(head), { keyId, privateKey });
      await writeFileAtomically(join(directory, name), envelope).catch(failToWrite);
      return envelope;
    },
    newestSeq: () => Number.parseInt(headsIn(directory).at(-1) ?? "0", 10),
    *read() {
      for (const name of headsIn(directory)) {
        const seq = Number.parseInt(name, 10);
        try {
          yield { seq, head: read(name).head };
        } catch (error) {
          yield { seq, flaw: messageOf(error) };
        }
      }
    },
  };
}

/** The hash is in the name so that a log that was written again cannot take the place of the one that was signed. */
function fileNameOf({ seq, hash }: ChainPosition): string {
  return `${seq}-${hash.slice(0, 16)}.json`;
}

function createIn(directory: string, keyPath: string): SigningKey {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return createSigningKey(keyPath);
}

function writing<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    return failToWrite(error);
  }
}

function failToWrite(error: unknown): never {
  throw new OrchastrationError("StateUnavailable", `the audit folder cannot be written: ${String(error)}`);
}

function usable<T>(name: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof Flaw)
      throw new OrchastrationError("AuditUnusable", `the signed head ${name}: ${error.message}`);
    throw error;
  }
}

export function signingKeyPath(stateDir: string): string {
  return join(stateDir, "audit", "key.pem");
}

/** @throws Flaw unless this key signed it */
export function readHead(envelope: string, { publicKey, keyId }: Pick<SigningKey, "publicKey" | "keyId">): SignedHead {
  const parsed = headSchema.safeParse(parseJson(openEnvelope(envelope, HEAD_TYPE, publicKey), "the signed head"));
  if (!parsed.success || parsed.data.keyid !== keyId) throw new Flaw("the signed head is not one");
  return parsed.data;
}

function headsIn(directory: string): readonly string[] {
  return namesIn(directory)
    .filter((name) => /^\d+-[0-9a-f]{16}\.json$/.test(name))
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
}
