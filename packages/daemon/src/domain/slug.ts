/** Longest slug, in characters, which are bytes here. */
export const MAX_SLUG_LENGTH = 64;

/** A slug begins with a letter, so that it is never taken for a task's id, an option or a hidden file. */
const SLUG = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** Names of devices on Windows, which are no file names there. */
const DEVICE = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])$/;

/** Letters that decompose into no letter of ASCII and a mark. */
const SPELT_OUT: Readonly<Record<string, string>> = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  đ: "d",
  ð: "d",
  ł: "l",
  þ: "th",
  ı: "i",
};

/** Why `slug` cannot be the slug of a task; `undefined` when it can. */
export function findSlugFault(slug: string): string | undefined {
  if (slug.length > MAX_SLUG_LENGTH) return `it is longer than ${MAX_SLUG_LENGTH} characters`;
  if (!SLUG.test(slug)) return "it is not made of small letters, digits and single dashes, beginning with a letter";
  return DEVICE.test(slug) ? "it is the name of a device on Windows" : undefined;
}

/** The slug of a title, whatever that contains. */
export function slugify(title: string): string {
  const plain = title
    .slice(0, 10 * MAX_SLUG_LENGTH)
    .toLowerCase()
    .replaceAll(/[ßæœøđðłþı]/g, (letter) => SPELT_OUT[letter] ?? letter)
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/['’]/g, "")
    .replaceAll(/[^a-z0-9]+/g, "-");
  const words = trim(plain);
  if (words === "") return "task";
  const isUsable = /^[a-z]/.test(words) && !DEVICE.test(words);
  return trim((isUsable ? words : `task-${words}`).slice(0, MAX_SLUG_LENGTH));
}

/** `slug`, or with the first of `-2`, `-3`, ... that nobody has taken. */
export function findFreeSlug(slug: string, isTaken: (slug: string) => boolean): string {
  let candidate = slug;
  for (let number = 2; isTaken(candidate); number++) {
    const suffix = `-${number}`;
    candidate = `${trim(slug.slice(0, MAX_SLUG_LENGTH - suffix.length))}${suffix}`;
  }
  return candidate;
}

function trim(text: string): string {
  return text.replaceAll(/^-+|-+$/g, "");
}
