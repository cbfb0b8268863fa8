import type { HandlerMap } from "../dispatcher.ts";
import type { Services } from "../services.ts";

export function trustHandlers({ trust }: Services) {
  return {
    "trust.show": ({ context }) => trust.show(context),
    "trust.grant": ({ context, shown }) => trust.grant(context, shown),
    "trust.revoke": ({ context }) => trust.revoke(context),
  } satisfies Partial<HandlerMap>;
}
