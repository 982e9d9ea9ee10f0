import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { generateKeyPair, parsePrivateKey, parsePublicKey } from "../../../core/bundle/keys.ts";

describe("a key in PEM", () => {
  const { privateKey, publicKey } = generateKeyPair();
  // A secret that a CI writes into a file often has one line feed more, or less, or other ones.
  for (const [what, change] of [
    ["as it was made", (pem: string) => pem],
    ["with a blank line behind it", (pem: string) => `${pem}\n`],
    ["with blank lines before it", (pem: string) => `\n\n${pem}`],
    ["without its last line feed", (pem: string) => pem.trim()],
    ["with carriage returns", (pem: string) => pem.replaceAll("\n", "\r\n")],
  ] as const)
    it(`is read ${what}`, () => {
      assert.equal(parsePrivateKey(change(privateKey), "a secret").type, "private");
      assert.equal(parsePublicKey(change(publicKey), "a file").type, "public");
    });
});
