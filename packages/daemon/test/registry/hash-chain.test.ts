import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ChainLink, GENESIS, nextHash, verifyChain } from "../../src/registry/hash-chain.ts";

function chainOf(texts: readonly string[]): ChainLink[] {
  const links: ChainLink[] = [];
  for (const [index, text] of texts.entries()) {
    const seq = index + 1;
    const entry = JSON.stringify({ seq, payload: { text } });
    links.push({ seq, entry, hash: nextHash(links.at(-1)?.hash ?? GENESIS.hash, entry) });
  }
  return links;
}

const texts = fc.array(fc.string({ unit: "binary" }), { minLength: 1, maxLength: 20 });

describe("the hash chain", () => {
  // Made with: { head -c 32 /dev/zero; printf '{"seq":1,"text":"ä"}'; } | sha256sum
  test("has the hash that sha256sum gives for the previous hash and the entry", () => {
    const hash = nextHash(GENESIS.hash, '{"seq":1,"text":"ä"}');
    expect(hash.toString("hex")).toBe("60337aeb172e00e2589c04642d18d7663de67abc4f74494da24dace6b306b264");
  });

  test("verifies as it was made, with the hash of its last event", () => {
    fc.assert(
      fc.property(texts, (all) => {
        const links = chainOf(all);
        const headHash = Buffer.from(links.at(-1)?.hash ?? []).toString("hex");
        expect(verifyChain(links)).toEqual({ ok: true, events: all.length, headHash });
      }),
    );
  });

  test("verifies when it is empty", () => {
    expect(verifyChain([])).toEqual({ ok: true, events: 0, headHash: "00".repeat(32) });
  });

  test("names the first event whose entry was changed", () => {
    fc.assert(
      fc.property(texts, fc.nat(), (all, choice) => {
        const at = choice % all.length;
        const links = chainOf(all).map((link, index) =>
          index === at ? { ...link, entry: link.entry.replace("payload", "Payload") } : link,
        );
        expect(verifyChain(links)).toMatchObject({ ok: false, seq: at + 1 });
      }),
    );
  });

  test("names the first event that is missing", () => {
    fc.assert(
      fc.property(texts, fc.nat(), (all, choice) => {
        const at = choice % all.length;
        const links = chainOf([...all, "last"]).filter((_, index) => index !== at);
        expect(verifyChain(links)).toMatchObject({ ok: false, seq: at + 1 });
      }),
    );
  });

  test("is not fooled by an entry that was hashed rightly and carries another seq", () => {
    const entry = JSON.stringify({ seq: 2 });
    expect(verifyChain([{ seq: 1, entry, hash: nextHash(GENESIS.hash, entry) }])).toMatchObject({ ok: false, seq: 1 });
  });

  test("goes on from a head that is known", () => {
    const [first, ...rest] = chainOf(["a", "b", "c"]);
    expect(verifyChain(rest, first)).toMatchObject({ ok: true, events: 3 });
    expect(verifyChain(rest, { seq: 1, hash: GENESIS.hash })).toMatchObject({ ok: false, seq: 2 });
  });
});
