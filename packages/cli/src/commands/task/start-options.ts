import { defineOptions } from "../../command-spec.ts";

/** What can be said of an agent's start, the first one and one that goes on with its conversation. */
export const startOptions = defineOptions({
  attach: { type: "boolean", description: "Attach to its terminal as soon as it lives" },
  env: { type: "list", short: "e", valueName: "NAME=VALUE", description: "Set a variable for it" },
});
