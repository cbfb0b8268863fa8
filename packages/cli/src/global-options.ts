import { defineOptions, type OptionValues } from "./command-spec.ts";

/** Accepted by every command, anywhere before `--`. */
export const globalOptions = defineOptions({
  config: { type: "string", valueName: "path", description: "Use this file instead of the global configuration file" },
  "state-dir": {
    type: "string",
    valueName: "path",
    description: "Use another instance: its own registry, daemon and log",
  },
  json: { type: "boolean", description: "Print JSON" },
  quiet: { type: "boolean", short: "q", description: "Print results and errors only" },
  color: { type: "boolean", default: true, description: "Print no colours" },
  input: { type: "boolean", default: true, description: "Ask nothing" },
  verbose: { type: "boolean", description: "Print this command's log lines as JSON on stderr" },
  version: { type: "boolean", short: "V", description: "Print the version" },
  help: { type: "boolean", short: "h", description: "Print help" },
});

export type Globals = OptionValues<typeof globalOptions>;
