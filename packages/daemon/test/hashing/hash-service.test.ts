import { randomBytes } from "node:crypto";
import { appendFileSync, truncateSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { HashAlgorithm } from "../../src/hashing/hash-outcome.ts";
import type { HashProgress } from "../../src/hashing/hash-progress.ts";
import { createHashService } from "../../src/hashing/hash-service.ts";
import { coreutilsOutcomes, coreutilsPrefix } from "./coreutils.ts";
import { temporaryFiles } from "./temporary-files.ts";

const KiB = 1024;
const MiB = 1024 * KiB;
const algorithms: HashAlgorithm[] = ["sha256", "sha1", "sha512"];

/** Around the limit of hashing in the calling thread, the buffers, where reading ahead begins, and where a batch is divided. */
const sizes = [0, 1, 64 * KiB, 256 * KiB, 512 * KiB, MiB, 2 * MiB, 8 * MiB]
  .flatMap((size) => [size - 1, size, size + 1])
  .filter((size) => size >= 0);

describe("hashFiles", () => {
  it.each(algorithms)(
    "agrees with the system's tools on %s of files of every size, together and alone",
    async (algorithm) => {
      using files = temporaryFiles();
      await using service = createHashService();
      const names = sizes.map((size, index) => files.write(`${index}`, randomBytes(size)));
      const expected = coreutilsOutcomes(names, algorithm);

      expect(await service.hashFiles(names, algorithm)).toEqual(expected);
      expect(await Promise.all(names.map((name) => service.hashFiles([name], algorithm)))).toEqual(
        expected.map((outcome) => [outcome]),
      );
    },
  );

  it("keeps the order of more files than any batch holds, large ones among them", async () => {
    using files = temporaryFiles();
    await using service = createHashService({ workerCount: 3 });
    const names = Array.from({ length: 2_000 }, (_, index) =>
      files.write(`${index % 7}/${index}`, index % 300 === 0 ? randomBytes(9 * MiB) : randomBytes(index)),
    );

    expect(await service.hashFiles(names, "sha256")).toEqual(coreutilsOutcomes(names, "sha256"));
  });

  it("takes any file name", async () => {
    using files = temporaryFiles();
    await using service = createHashService();
    const names = [" ", "new\nline", "back\\slash", "😀", "-rf", "*"].map((name) => files.write(name, name));

    expect(await service.hashFiles(names, "sha1")).toEqual(coreutilsOutcomes(names, "sha1"));
  });

  it("answers an empty list with an empty list", async () => {
    await using service = createHashService();
    expect(await service.hashFiles([], "sha256")).toEqual([]);
  });

  it("hashes as many bytes as it reports of files that grow or shrink meanwhile", async () => {
    using files = temporaryFiles();
    await using service = createHashService();
    const sizeBytes = 512 * MiB;
    const changes = [(file: string) => appendFileSync(file, "more"), (file: string) => truncateSync(file, 1)];
    for (const change of changes) {
      const file = files.writeSparse("changing", sizeBytes);
      const seen: HashProgress[] = [];
      const onProgress = (progress: HashProgress): void => {
        if (seen.push(progress) === 1) change(file);
      };

      const [outcome] = await service.hashFiles([file], "sha256", { onProgress });

      const readBytes = seen.at(-1)?.bytesDone ?? -1;
      if (readBytes > sizeBytes) expect(outcome).toEqual(coreutilsOutcomes([file], "sha256")[0]);
      else expect(outcome).toHaveProperty("hash", coreutilsPrefix("/dev/zero", readBytes, "sha256"));
    }
  });
});

describe("hashPrefix", () => {
  it("hashes exactly the beginning that was asked for, however the file grows", async () => {
    using files = temporaryFiles();
    await using service = createHashService();
    const file = files.write("journal", randomBytes(9 * MiB));
    const prefixes = sizes.map((size) => coreutilsPrefix(file, size, "sha256"));

    appendFileSync(file, "later output");

    expect(await Promise.all(sizes.map((size) => service.hashPrefix(file, size)))).toEqual(
      prefixes.map((hash) => ({ file, algorithm: "sha256", hash })),
    );
    expect(await service.hashPrefix(file, 5, { algorithm: "sha512" })).toHaveProperty(
      "hash",
      coreutilsPrefix(file, 5, "sha512"),
    );
  });

  it.each([3, 700 * KiB, 9 * MiB])("hashes several files of %d bytes as if they were one", async (size) => {
    using files = temporaryFiles();
    await using service = createHashService();
    const pieces = [randomBytes(size), randomBytes(size), randomBytes(size)];
    const [first = "", ...others] = pieces.map((piece, index) => files.write(`output.${index}.raw`, piece));
    const whole = files.write("whole", Buffer.concat(pieces));

    for (const sizeBytes of [3 * size, 2 * size + 1]) {
      const outcome = await service.hashConcatenation([first, ...others], sizeBytes);
      expect(outcome).toHaveProperty("hash", coreutilsPrefix(whole, sizeBytes, "sha256"));
    }
    expect(await service.hashConcatenation([first, ...others], 3 * size + 1)).toHaveProperty(
      "error.kind",
      "ReadFailed",
    );
  });

  it.each([10, 100 * KiB, 9 * MiB])("fails when the file is shorter than %d bytes", async (sizeBytes) => {
    using files = temporaryFiles();
    await using service = createHashService();
    const file = files.write("short", randomBytes(sizeBytes - 1));

    expect(await service.hashPrefix(file, sizeBytes)).toEqual({
      file,
      error: {
        kind: "ReadFailed",
        message: `Cannot hash ${JSON.stringify(file)}: its first ${sizeBytes} bytes were asked for and it has ${sizeBytes - 1}. Check whether it was truncated or replaced.`,
      },
    });
  });

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])("refuses %d as a size", async (sizeBytes) => {
    await using service = createHashService();
    await expect(service.hashPrefix("/dev/null", sizeBytes)).rejects.toThrow(RangeError);
  });
});

describe("a closed service", () => {
  it("has rejected what was under way and rejects what comes", async () => {
    using files = temporaryFiles();
    const service = createHashService();
    const underWay = expect(
      service.hashFiles([files.writeSparse("large", 8192 * MiB), "other"], "sha256"),
    ).rejects.toMatchObject({ kind: "DaemonStopping" });

    await service.close();

    await underWay;
    await expect(service.hashFiles(["any"], "sha256")).rejects.toMatchObject({ kind: "DaemonStopping" });
    await expect(service.hashPrefix("any", 1)).rejects.toMatchObject({ kind: "DaemonStopping" });
    await service.close();
  });
});
