import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { messageOf, OrchastrationError } from "@orchastration/protocol";
import { errorCode, temporaryBeside } from "@orchastration/protocol/node";
import { sha256 } from "./digest.ts";

/** The Ed25519 key with which an instance signs where its log stood. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** See {@link keyIdOf}. */
  readonly keyId: string;
}

/** SHA-256 of the public key as DER (SubjectPublicKeyInfo), hexadecimal. */
export function keyIdOf(publicKey: KeyObject): string {
  return sha256(publicKey.export({ type: "spki", format: "der" }));
}

export function toPem(publicKey: KeyObject): string {
  return publicKey.export({ type: "spki", format: "pem" }).toString();
}

/**
 * Reads the key; undefined when there is none.
 * @throws OrchastrationError AuditUnusable when the file holds something else
 */
export function readSigningKey(path: string): SigningKey | undefined {
  let pem: string;
  try {
    pem = readFileSync(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw unusable(path, `cannot be read: ${String(error)}`);
  }
  try {
    const privateKey = createPrivateKey(pem);
    if (privateKey.asymmetricKeyType !== "ed25519") throw new Error("not Ed25519");
    return keysOf(privateKey);
  } catch (error) {
    throw unusable(path, `holds no Ed25519 key: ${messageOf(error)}`);
  }
}

/** Makes a key where there is none. It is there as a whole or not at all; an existing file is never replaced. */
export function createSigningKey(path: string): SigningKey {
  const { privateKey } = generateKeyPairSync("ed25519");
  const temporary = temporaryBeside(path);
  const file = openSync(temporary, "wx", 0o600);
  try {
    writeSync(file, privateKey.export({ type: "pkcs8", format: "pem" }).toString());
    fsyncSync(file);
    if (existsSync(path)) throw unusable(path, "is there already");
    renameSync(temporary, path);
  } finally {
    closeSync(file);
    rmSync(temporary, { force: true });
  }
  return keysOf(privateKey);
}

function keysOf(privateKey: KeyObject): SigningKey {
  const publicKey = createPublicKey(privateKey);
  return { privateKey, publicKey, keyId: keyIdOf(publicKey) };
}

function unusable(path: string, reason: string): OrchastrationError {
  return new OrchastrationError("AuditUnusable", `the signing key ${path} ${reason}`);
}
