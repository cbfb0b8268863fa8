import { z } from "zod";
import { defineMethods } from "../define.ts";

export const hashAlgorithm = z.enum(["sha256", "sha1", "sha512"]);
export type HashAlgorithm = z.infer<typeof hashAlgorithm>;

const hashFailure = z.enum(["FileNotFound", "NotAFile", "NotReadable", "ReadFailed"]);

export const hashOutcome = z.union([
  z.object({ file: z.string(), algorithm: hashAlgorithm, hash: z.string() }),
  z.object({ file: z.string(), error: z.object({ kind: hashFailure, message: z.string() }) }),
]);
export type HashOutcome = z.infer<typeof hashOutcome>;

export const hashMethods = defineMethods({
  "hash.compute": {
    summary:
      "Digests of files, in the order given. A file that cannot be read is an entry with an error, not an error.",
    since: "0.1.0",
    params: z.object({
      files: z.array(z.string().min(1)).min(1).max(10_000).describe("Absolute paths."),
      algorithm: hashAlgorithm,
      wantsProgress: z
        .boolean()
        .optional()
        .describe("Send `$/progress` with `{filesDone, filesTotal, bytesDone, file}`."),
    }),
    result: z.object({ outcomes: z.array(hashOutcome) }),
    errors: ["RequestCancelled"],
    isLong: true,
    example: {
      params: { files: ["/dev/null"], algorithm: "sha256" },
      result: {
        outcomes: [
          {
            file: "/dev/null",
            error: { kind: "NotAFile", message: "/dev/null is a character device, not a regular file" },
          },
        ],
      },
    },
  },
});
