import type { HandlerMap } from "../dispatcher.ts";
import type { Services } from "../services.ts";

export function hashHandlers({ hashing }: Services) {
  return {
    "hash.compute": async ({ files, algorithm, wantsProgress = false }, { signal, progress }) => {
      const onProgress = wantsProgress ? { onProgress: (done: object) => progress({ ...done }) } : {};
      return { outcomes: await hashing.hashFiles(files, algorithm, { signal, ...onProgress }) };
    },
  } satisfies Partial<HandlerMap>;
}
