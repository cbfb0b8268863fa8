import type { HandlerMap } from "../dispatcher.ts";
import type { Services } from "../services.ts";

export function configHandlers({ config }: Services) {
  return {
    "config.get": ({ context }) => config.show(context),
    "config.check": ({ context }) => config.check(context),
  } satisfies Partial<HandlerMap>;
}
