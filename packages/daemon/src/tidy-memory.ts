import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Registry } from "./registry/registry.ts";

/** Nothing was committed for so long: nobody waits for the tens of milliseconds that a collection takes. */
const QUIET_MS = 5_000;
/** Fewer events leave too little behind. */
const WORTH_EVENTS = 300;

/** Gives memory back when work has come to rest. By itself V8 keeps some 20 MB of garbage until the next burst of work. */
export function tidyMemory(registry: Pick<Registry, "onCommitted">, collect: () => void = collectGarbage): Disposable {
  let events = 0;
  const timer = setTimeout(() => {
    if (events < WORTH_EVENTS) return;
    events = 0;
    collect();
  }, QUIET_MS).unref();
  const stopListening = registry.onCommitted((committed) => {
    events += committed.length;
    timer.refresh();
  });
  return {
    [Symbol.dispose]() {
      clearTimeout(timer);
      stopListening();
    },
  };
}

/** Node shows its collector only where a flag asks for it. The ordinary kind of collection keeps the pages it frees. */
function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  runInNewContext('gc({ type: "major", execution: "sync", flavor: "last-resort" })');
}
