/** The JSON of objects that never change; empty until it has been asked for. */
const texts = new WeakMap<object, string>();

/** Takes the caller's word that nothing in the object will change: as a result its JSON is made once, however often it is sent. */
export function neverChanging<T extends object>(result: T): T {
  texts.set(result, "");
  return result;
}

export function resultJson(result: unknown): string {
  const known = typeof result === "object" && result !== null ? texts.get(result) : undefined;
  if (known) return known;
  const text = JSON.stringify(result ?? null);
  if (known !== undefined) texts.set(result as object, text);
  return text;
}
