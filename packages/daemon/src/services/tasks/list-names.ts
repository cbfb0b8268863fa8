/** How many items a sentence lists before it counts. */
const SHOWN = 10;

/** Names of files in a sentence. */
export function listNames(names: readonly string[]): string {
  return listItems(names.map(showName));
}

export function listItems(items: readonly string[]): string {
  const more = items.length - SHOWN;
  return `${items.slice(0, SHOWN).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** A name that would not stay on its line is quoted. */
export function showName(name: string): string {
  return /\p{Cc}/u.test(name) ? JSON.stringify(name) : name;
}
