import { createHash, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { digestFile } from "../../src/hashing/digest-file.ts";
import { temporaryFiles } from "./temporary-files.ts";

const MiB = 1024 * 1024;

/** The digest, and how often it had to be waited for. */
async function digest(file: string, sizeBytes: number) {
  const steps = digestFile({ file, algorithm: "sha256", sizeBytes, followedBy: [] }, () => {});
  for (let waits = 0; ; ) {
    const step = steps.next();
    if (step.done) return { waits, digest: step.value };
    if (step.value === undefined) continue;
    waits += 1;
    await step.value;
  }
}

describe("the digest of a file", () => {
  it.each([MiB - 1, Number.POSITIVE_INFINITY])(
    "of less than 1 MiB, asked for %d bytes, is waited for by nobody",
    async (sizeBytes) => {
      using files = temporaryFiles();
      const content = randomBytes(MiB - 1);

      const result = await digest(files.write("file", content), sizeBytes);

      expect(result).toEqual({ waits: 0, digest: createHash("sha256").update(content).digest("hex") });
    },
  );

  it.each([4 * MiB, Number.POSITIVE_INFINITY])(
    "of 4 MiB, asked for %d bytes, is made while the rest is read",
    async (sizeBytes) => {
      using files = temporaryFiles();
      const content = randomBytes(4 * MiB);

      const result = await digest(files.write("file", content), sizeBytes);

      expect(result.digest).toBe(createHash("sha256").update(content).digest("hex"));
      expect(result.waits).toBeGreaterThanOrEqual(3);
    },
  );

  it("is made without reading ahead while another file of the thread is read so", async () => {
    using files = temporaryFiles();
    const content = randomBytes(4 * MiB);
    const [first, second] = [files.write("first", content), files.write("second", content)];
    const request = { file: first, algorithm: "sha256", sizeBytes: 4 * MiB, followedBy: [] } as const;
    using other = digestFile(request, () => {});
    while (other.next().value === undefined);

    expect(await digest(second, 4 * MiB)).toEqual({
      waits: 0,
      digest: createHash("sha256").update(content).digest("hex"),
    });
  });
});
