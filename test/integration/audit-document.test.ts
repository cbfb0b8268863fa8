import { spawnSync } from "node:child_process";
import { createHash, createPublicKey } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readHead } from "../../packages/daemon/src/audit/heads.ts";
import { keyIdOf } from "../../packages/daemon/src/audit/signing-key.ts";
import { PROJECT_ROOT } from "../support/home.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const page = readFileSync(join(PROJECT_ROOT, "docs/audit.md"), "utf8");
const HAS_OPENSSL = spawnSync("openssl", ["version"]).status === 0;

function find(pattern: RegExp): string {
  const found = pattern.exec(page)?.[1];
  if (found === undefined) throw new Error(`docs/audit.md has nothing like ${String(pattern)}`);
  return found;
}

const entry = (n: number): string => find(new RegExp(`^entry ${n} +(.*)$`, "m"));
const hash = (n: number): string => find(new RegExp(`^hash ${n} +(.*)$`, "m"));
const block = (after: string): string => find(new RegExp(`${after}[^]*?\`\`\`\\w*\n([^]*?)\`\`\``));

const pem = find(/(-----BEGIN PUBLIC KEY-----[^]*?-----END PUBLIC KEY-----\n)/);

describe("docs/audit.md", () => {
  test("has a test vector that the rule above it gives", () => {
    let link = Buffer.alloc(32);
    for (const n of [1, 2]) {
      link = createHash("sha256").update(link).update(entry(n)).digest();
      expect(link.toString("hex")).toBe(hash(n));
    }
  });

  test("has a shell command that computes the chain", () => {
    const { stdout } = spawnSync("bash", ["-c", block("By hand, the second hash")], { encoding: "utf8" });
    expect(stdout).toBe(`${hash(2)}  -\n`);
  });

  test("has a signed head that this program reads", () => {
    const publicKey = createPublicKey(pem);
    const head = readHead(find(/^(\{"payloadType".*\n)/m), { publicKey, keyId: keyIdOf(publicKey) });
    expect(head).toMatchObject({ seq: 2, hash: hash(2) });
  });

  test.skipIf(!HAS_OPENSSL)("has shell commands that check its signature, and notice when it is not its own", () => {
    const folder = temporaryDirectory();
    const head = find(/^(\{"payloadType".*\n)/m);
    writeFileSync(join(folder, "key.pem"), pem);
    const verify = (text: string) => {
      writeFileSync(join(folder, "head.json"), text);
      return spawnSync("bash", ["-c", block("By hand, with that line")], { cwd: folder }).status;
    };
    expect(verify(head)).toBe(0);
    expect(verify(head.replace('"payload":"eyJz', '"payload":"eyJ0'))).toBe(1);
  });
});
