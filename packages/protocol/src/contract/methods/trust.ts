import { z } from "zod";
import { defineMethods } from "../define.ts";
import { context } from "../entities.ts";
import { exampleContext } from "./examples.ts";

const trustedFile = z.object({
  path: z.string().describe("Relative to the repository."),
  sha256: z.string().nullable().describe("Null: it cannot be read, and so not be trusted."),
});

const trustDescription = z.object({
  root: z.string().describe("Canonical path of the repository."),
  isTrusted: z.boolean(),
  files: z
    .array(trustedFile)
    .describe("The project configuration and the repository's files its commands name, as they are now."),
  changed: z
    .array(z.object({ path: z.string(), change: z.enum(["added", "removed", "modified"]) }))
    .describe("What changed since trust was given; empty when it never was."),
  agentFolders: z
    .array(z.string())
    .describe("Folders by whose content agents run things of their own; trust does not cover what is in them."),
});

const exampleTrust = {
  root: "/home/ada/project",
  isTrusted: false,
  files: [
    {
      path: ".orchastration/config.toml",
      sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    },
  ],
  changed: [],
  agentFolders: [],
};

export const trustMethods = defineMethods({
  "trust.show": {
    summary: "What trusting the caller's repository would allow to run, and whether it is trusted.",
    since: "0.1.0",
    params: z.object({ context }),
    result: trustDescription,
    errors: ["NoRepository"],
    example: { params: { context: exampleContext }, result: exampleTrust },
  },
  "trust.grant": {
    summary: "Trust the repository as it was shown. Nothing is granted when a file has changed since.",
    since: "0.1.0",
    params: z.object({ context, shown: z.array(trustedFile) }),
    result: trustDescription,
    errors: ["NoRepository", "StateUnavailable"],
    example: {
      params: { context: exampleContext, shown: exampleTrust.files },
      result: { ...exampleTrust, isTrusted: true },
    },
  },
  "trust.revoke": {
    summary: "Take trust back. Running sessions go on.",
    since: "0.1.0",
    params: z.object({ context }),
    result: z.object({ root: z.string(), wasTrusted: z.boolean() }),
    errors: ["NoRepository", "StateUnavailable"],
    example: { params: { context: exampleContext }, result: { root: "/home/ada/project", wasTrusted: true } },
  },
});
