import { z } from "zod";
import { defineMethods } from "../define.ts";
import { configProblem, context } from "../entities.ts";
import { exampleContext } from "./examples.ts";

const configEntry = z.object({
  key: z.string().describe("Dotted key; a part that is no bare TOML key is quoted."),
  value: z.unknown().describe("The value as JSON; of environment tables only the names are given."),
  layer: z.enum(["default", "global", "project", "environment", "flag"]),
  file: z.string().nullable(),
  line: z.int().positive().nullable(),
});

const files = z.array(
  z.object({
    layer: z.enum(["global", "project"]),
    file: z.string(),
    exists: z.boolean(),
    isUsed: z.boolean().describe("A project file counts only when its repository is trusted."),
  }),
);
const exampleFiles = [
  { layer: "global", file: "/home/ada/.config/orchastration/config.toml", exists: false, isUsed: true },
];

export const configMethods = defineMethods({
  "config.get": {
    summary: "Every configuration value in force for the caller's directory, and where it comes from.",
    since: "0.1.0",
    params: z.object({ context }),
    result: z.object({ files, entries: z.array(configEntry), warnings: z.array(configProblem) }),
    errors: ["ConfigInvalid"],
    example: {
      params: { context: exampleContext },
      result: {
        files: exampleFiles,
        entries: [{ key: "logging.level", value: "info", layer: "default", file: null, line: null }],
        warnings: [],
      },
    },
  },
  "config.check": {
    summary: "Every mistake in the configuration files that apply to the caller's directory.",
    since: "0.1.0",
    params: z.object({ context }),
    result: z.object({ files, problems: z.array(configProblem) }),
    errors: [],
    example: { params: { context: exampleContext }, result: { files: exampleFiles, problems: [] } },
  },
});
