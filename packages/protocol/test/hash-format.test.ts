import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { formatGnuLine, parseGnuLine } from "../src/hash-format.ts";

const sha1 = "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3";
const sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const sha512 = sha256 + sha256;

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(..."0123456789abcdef".split("")), minLength: length, maxLength: length });
const anyDigest = fc.oneof(hex(40), hex(64), hex(128));
const anyName = fc.oneof(
  fc.string({ unit: "binary", minLength: 1 }),
  fc.string({ unit: fc.constantFrom(..."\\nr\n\r \t*()=#a".split("")), minLength: 1 }),
);

describe("a checksum line", () => {
  it("is read as it was written, whatever the name", () => {
    fc.assert(
      fc.property(anyName, anyDigest, (file, hash) => {
        expect(parseGnuLine(formatGnuLine({ file, hash }))).toMatchObject({ file, hash });
      }),
    );
  });

  it("is one line, whatever the name", () => {
    fc.assert(fc.property(anyName, (file) => !/[\n\r]/.test(formatGnuLine({ file, hash: sha256 }))));
  });

  it("is read in text, binary and tagged form, with its escapes", () => {
    const read = { file: "a b", algorithm: "sha256", hash: sha256 };
    expect(parseGnuLine(`${sha256}  a b`)).toEqual(read);
    expect(parseGnuLine(`${sha256} *a b`)).toEqual(read);
    expect(parseGnuLine(`${sha256} a b`)).toEqual(read);
    expect(parseGnuLine(` \t${sha256.toUpperCase()}  a b\r`)).toEqual(read);
    expect(parseGnuLine(`SHA256 (a b) = ${sha256}`)).toEqual(read);
    expect(parseGnuLine(`SHA256(a b)=${sha256}\r`)).toEqual(read);
    expect(parseGnuLine(`\\${sha256}  \\\\n\\n\\r`)).toEqual({ ...read, file: "\\n\n\r" });
    expect(parseGnuLine(`\\SHA256 (\\\\n\\n\\r) = ${sha256}`)).toEqual({ ...read, file: "\\n\n\r" });
    expect(parseGnuLine(`SHA256 (a) = (b) = ${sha256}`)).toEqual({ ...read, file: "a) = (b" });
    expect(parseGnuLine(`${sha256}  a\\nb`)).toEqual({ ...read, file: "a\\nb" });
  });

  it("says its algorithm by the length of its digest or by its tag", () => {
    expect(parseGnuLine(`${sha1}  a`)?.algorithm).toBe("sha1");
    expect(parseGnuLine(`${sha512}  a`)?.algorithm).toBe("sha512");
    expect(parseGnuLine(`SHA1 (a) = ${sha1}`)?.algorithm).toBe("sha1");
    expect(parseGnuLine(`SHA512 (a) = ${sha512}`)?.algorithm).toBe("sha512");
  });

  it.each([
    "",
    "# comment",
    `# ${sha256}  a`,
    sha256,
    `${sha256} `,
    `${sha256}a`,
    `${sha256}0  a`,
    `${sha256.slice(1)}g  a`,
    `\\ ${sha256}  a`,
    `\\${sha256}  a\\`,
    `\\${sha256}  a\\q`,
    `SHA1 (a) = ${sha256}`,
    `sha256 (a) = ${sha256}`,
    `SHA256  (a) = ${sha256}`,
    `SHA256 (a) = ${sha256} `,
    `MD5 (a) = d41d8cd98f00b204e9800998ecf8427e`,
  ])("is not seen in %j", (line) => {
    expect(parseGnuLine(line)).toBeUndefined();
  });
});

describe.skipIf(coreutilsMajor() < 9)("the real sha256sum (coreutils 9)", () => {
  const directory = mkdtempSync(join(tmpdir(), "hash-format-"));
  afterAll(() => rmSync(directory, { recursive: true }));

  const names = [
    "plain",
    " leading and trailing ",
    "two  spaces",
    "*star",
    "(a) = b",
    "back\\slash",
    "\\n",
    "new\nline",
    "carriage\rreturn",
    "\r",
    "trailing\r",
    "tab\t",
    "😀 é",
    "#hash",
  ];
  for (const name of names) writeFileSync(join(directory, name), `content of ${name}`);

  const sum = (...args: string[]) => execFileSync("sha256sum", args, { cwd: directory, encoding: "utf8" });
  const lines = (output: string) => output.split("\n").slice(0, -1);

  it("writes what we read", () => {
    const plain = lines(sum("--", ...names)).map(parseGnuLine);
    expect(plain.map((line) => line?.file)).toEqual(names);
    expect(lines(sum("--binary", "--", ...names)).map(parseGnuLine)).toEqual(plain);
    expect(lines(sum("--tag", "--", ...names)).map(parseGnuLine)).toEqual(plain);
  });

  it("writes as we write", () => {
    const written = lines(sum("--", ...names));
    const ours = written.map(parseGnuLine).map((line) => line && formatGnuLine(line));
    expect(ours).toEqual(written);
  });

  it("accepts our lines and finds what has changed", () => {
    const ours = names.map((file) => formatGnuLine({ file, hash: sum("--zero", "--", file).slice(0, 64) }));
    const changed = formatGnuLine({ file: "new\nline", hash: sha256 });

    const good = spawnSync("sha256sum", ["--check", "--strict"], {
      cwd: directory,
      input: ours.join("\n"),
      encoding: "utf8",
    });
    const bad = spawnSync("sha256sum", ["--check", "--strict"], { cwd: directory, input: changed, encoding: "utf8" });

    expect({ status: good.status, stderr: good.stderr }).toEqual({ status: 0, stderr: "" });
    expect(bad.status).toBe(1);
  });
});

/** Carriage returns are escaped since coreutils 9. 0 where there are none. */
function coreutilsMajor(): number {
  const { stdout } = spawnSync("sha256sum", ["--version"], { encoding: "utf8" });
  return Number(/GNU coreutils\) (\d+)/.exec(stdout ?? "")?.[1] ?? 0);
}
