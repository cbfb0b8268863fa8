/** Crockford's base 32: no i, l, o, u, so that an id read aloud or retyped stays itself. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const ID_LENGTH = 12;

/** Random bytes for many ids at once: asking for them costs more than everything else about an id, and every event has one. */
const pool = new Uint8Array(ID_LENGTH * 256);
let usedBytes = pool.length;

/** A random id of 60 bits. A unique prefix of at least {@link MIN_ID_PREFIX} characters stands for it in commands. */
export function newId(): string {
  if (usedBytes === pool.length) {
    crypto.getRandomValues(pool);
    usedBytes = 0;
  }
  let id = "";
  for (const end = usedBytes + ID_LENGTH; usedBytes < end; usedBytes += 1)
    id += ALPHABET.charAt((pool[usedBytes] ?? 0) & 31);
  return id;
}

export const MIN_ID_PREFIX = 4;

const ID_PREFIX = new RegExp(`^[${ALPHABET}]{${MIN_ID_PREFIX},${ID_LENGTH}}$`);

export function isIdPrefix(text: string): boolean {
  return ID_PREFIX.test(text);
}

export function isId(text: string): boolean {
  return text.length === ID_LENGTH && isIdPrefix(text);
}
