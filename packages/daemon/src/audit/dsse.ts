import { type KeyObject, sign, verify } from "node:crypto";
import { z } from "zod";
import { decodeBase64, parseJson } from "./digest.ts";
import { Flaw } from "./flaw.ts";
import { keyIdOf } from "./signing-key.ts";

const envelopeSchema = z.strictObject({
  payloadType: z.string(),
  payload: z.string(),
  signatures: z.tuple([z.strictObject({ keyid: z.string(), sig: z.string() })]),
});

/**
 * Signs a text as an envelope of DSSE 1.0: one line of JSON without spaces, and a line feed. Exactly these bytes are the envelope: every other
 * spelling of the same JSON is refused.
 */
export function sealEnvelope(payloadType: string, payload: string, { privateKey, keyId }: SigningKeys): string {
  const sig = sign(null, toBeSigned(payloadType, Buffer.from(payload)), privateKey);
  return write({
    payloadType,
    payload: Buffer.from(payload).toString("base64"),
    signatures: [{ keyid: keyId, sig: sig.toString("base64") }],
  });
}

interface SigningKeys {
  readonly privateKey: KeyObject;
  readonly keyId: string;
}

/**
 * The text that was signed.
 * @throws Flaw unless this key signed exactly this
 */
export function openEnvelope(text: string, payloadType: string, publicKey: KeyObject): string {
  const parsed = envelopeSchema.safeParse(parseJson(text, "the envelope"));
  if (!parsed.success) throw new Flaw("it is not a DSSE envelope with one signature");
  const envelope = parsed.data;
  if (write(envelope) !== text) throw new Flaw("the envelope is not written as an envelope is");
  if (envelope.payloadType !== payloadType) throw new Flaw(`its payload is not ${payloadType}`);
  const [{ keyid, sig }] = envelope.signatures;
  if (keyid !== keyIdOf(publicKey)) throw new Flaw("it was signed with another key");
  const payload = decodeBase64(envelope.payload);
  if (!verify(null, toBeSigned(payloadType, payload), publicKey, decodeBase64(sig))) {
    throw new Flaw("its signature does not belong to it");
  }
  return payload.toString();
}

/** DSSE's pre-authentication encoding. */
function toBeSigned(payloadType: string, payload: Uint8Array): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

function write({ payloadType, payload, signatures: [{ keyid, sig }] }: z.infer<typeof envelopeSchema>): string {
  return `${JSON.stringify({ payloadType, payload, signatures: [{ keyid, sig }] })}\n`;
}
