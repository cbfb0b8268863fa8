import { execFileSync } from "node:child_process";
import type { HashAlgorithm, HashOutcome } from "../../src/hashing/hash-outcome.ts";

/** What the system's own tools say of files that they can read, in the shape of ours. */
export function coreutilsOutcomes(files: readonly string[], algorithm: HashAlgorithm): HashOutcome[] {
  const output = execFileSync(`${algorithm}sum`, ["--zero", "--", ...files], { encoding: "utf8" });
  return output
    .split("\0")
    .slice(0, -1)
    .map((line) => {
      const [hash = "", file = ""] = line.split(/ {2}(.*)/s);
      return { file, algorithm, hash };
    });
}

/** The same of the first bytes of a file. */
export function coreutilsPrefix(file: string, sizeBytes: number, algorithm: HashAlgorithm): string {
  const command = 'head --bytes="$1" -- "$2" | "$3"';
  return execFileSync("sh", ["-c", command, "sh", `${sizeBytes}`, file, `${algorithm}sum`], {
    encoding: "utf8",
  }).replace(/\s.*/s, "");
}
