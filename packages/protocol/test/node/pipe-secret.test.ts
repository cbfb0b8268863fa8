import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { PIPE_SECRET_BYTES } from "../../src/node/pipe-challenge.ts";
import { loadPipeSecret } from "../../src/node/pipe-secret.ts";

test("everybody who loads the secret at once has the same one, and nobody else can read it", async () => {
  const stateDir = temporaryDirectory();
  const secrets = await Promise.all(Array.from({ length: 8 }, () => loadPipeSecret(stateDir)));
  expect(new Set(secrets.map((secret) => Buffer.from(secret).toString("hex"))).size).toBe(1);
  expect(secrets[0]).toHaveLength(PIPE_SECRET_BYTES);
  expect(await loadPipeSecret(stateDir)).toEqual(secrets[0]);
  expect(readdirSync(stateDir)).toEqual(["pipe-secret"]);
  expect(statSync(join(stateDir, "pipe-secret")).mode & 0o777).toBe(0o600);
});
