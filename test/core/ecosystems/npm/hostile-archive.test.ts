/** Archives that no packer writes: refused, or taken for what they are, within the bounds. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { stripTarball } from "../../../../core/ecosystems/npm/strip.ts";
import { type TarEntry, tar } from "../../../support/packument.ts";

const file = (path: string, content: string): TarEntry => ({ path: `package/${path}`, content });
const PLAIN = file("package.json", "{}");
const GYP = file("binding.gyp", "{}");

/** An archive whose first header is changed, with a checksum that fits. */
function changed(change: (header: Buffer) => void): Uint8Array {
  const archive = tar([PLAIN]);
  change(archive);
  archive.write("        ", 148);
  const sum = archive.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  archive.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return gzipSync(archive);
}

describe("an archive that no packer writes", () => {
  const nested = (levels: number, content: string): TarEntry =>
    file("package.json", `{"scripts":{"install":"x"},"a":${"[".repeat(levels)}${content}${"]".repeat(levels)}}`);

  const HOSTILE: readonly [name: string, bytes: () => Uint8Array, why: RegExp][] = [
    [
      "junk behind a gzip file",
      () => Buffer.concat([gzipSync(tar([PLAIN])), Buffer.from("junk")]),
      /cannot be unpacked/,
    ],
    ["no bytes", () => Buffer.alloc(0), /cannot be unpacked/],
    ["half of a gzip file", () => gzipSync(tar([PLAIN, GYP])).subarray(0, -20), /cannot be unpacked/],
    [
      "a gzip file of another checksum",
      () => {
        const bytes = gzipSync(tar([PLAIN]));
        bytes[bytes.length - 8] = (bytes[bytes.length - 8] ?? 0) ^ 1;
        return bytes;
      },
      /cannot be unpacked/,
    ],
    [
      "a gzip bomb in a second member",
      () => Buffer.concat([gzipSync(tar([PLAIN])), gzipSync(Buffer.alloc(200 * 1024 * 1024))]),
      /unpacks to too much/,
    ],
    [
      "a gzip file inside a gzip file",
      () => gzipSync(gzipSync(tar([PLAIN]))),
      /in the middle|checksum|number|format|behind/,
    ],
    [
      "more entries in a second member",
      () => Buffer.concat([gzipSync(tar([PLAIN])), gzipSync(tar([GYP]))]),
      /behind its end/,
    ],
    [
      "100,000 entries",
      () => gzipSync(tar(Array.from({ length: 100_000 }, (_, index) => file(`f${index}`, "")))),
      /too many entries/,
    ],
    [
      "100,000 headers that belong to one entry",
      () =>
        gzipSync(
          tar([...Array.from({ length: 100_000 }, () => ({ path: "P", content: "6 a=b\n", type: "x" })), PLAIN]),
        ),
      /too many entries/,
    ],
    [
      "a hard link",
      () => gzipSync(tar([PLAIN, { path: "package/binding.gyp", content: "", type: "1" }])),
      /entry of type "1"/,
    ],
    ["a device", () => gzipSync(tar([PLAIN, { path: "package/x", content: "", type: "3" }])), /entry of type "3"/],
    ["a pipe", () => gzipSync(tar([PLAIN, { path: "package/x", content: "", type: "6" }])), /entry of type "6"/],
    [
      "a file in one piece, which some read in another way",
      () => gzipSync(tar([{ path: "package/binding.gyp", content: "{}", type: "7" }])),
      /entry of type "7"/,
    ],
    [
      "a sparse file",
      () => gzipSync(tar([{ path: "package/binding.gyp", content: "{}", type: "S" }])),
      /entry of type "S"/,
    ],
    [
      "a sparse file of the newer kind",
      () => gzipSync(tar([{ path: "P", content: "22 GNU.sparse.major=1\n", type: "x" }, PLAIN])),
      /twice/,
    ],
    [
      "a long name of a link",
      () => gzipSync(tar([{ path: "././@LongLink", content: "x\0", type: "K" }, PLAIN])),
      /entry of type "K"/,
    ],
    [
      "a folder of the dump kind",
      () => gzipSync(tar([{ path: "package/d", content: "", type: "D" }])),
      /entry of type "D"/,
    ],
    [
      "the name of a volume",
      () => gzipSync(tar([{ path: "package", content: "", type: "V" }, PLAIN])),
      /entry of type "V"/,
    ],
    [
      "a path for all that follows",
      () => gzipSync(tar([{ path: "P", content: "20 path=package/b.js\n".replace("20", "21"), type: "g" }, PLAIN])),
      /twice/,
    ],
    [
      "NUL in a path",
      () => gzipSync(tar([{ path: "P", content: "28 path=package/b\0.js/xxxxx\n", type: "x" }, PLAIN])),
      /broken/,
    ],
    ["a line feed in a path", () => gzipSync(tar([file("a\nb.js", "x")])), /readers differ/],
    ["a drive for a path", () => gzipSync(tar([{ path: "C:\\package.json", content: "{}" }])), /readers differ/],
    ["no path", () => gzipSync(tar([{ path: "", content: "{}" }])), /readers differ/],
    ["dots for a path", () => gzipSync(tar([{ path: "package/..", content: "", type: "5" }])), /readers differ/],
    ["a size beyond all", () => changed((header) => header.write("77777777777\0", 124, "latin1")), /too large/],
    ["a size below zero", () => changed((header) => header.write("-0000000001\0", 124, "latin1")), /no number/],
    [
      "a size of 63 bits",
      () => changed((header) => Buffer.from("807fffffffffffffffffffff", "hex").copy(header, 124)),
      /no number/,
    ],
    ["a size below zero, in bits", () => changed((header) => header.fill(0xff, 124, 136)), /no number/],
    ["a size with a point", () => changed((header) => header.write("0000000.002\0", 124, "latin1")), /no number/],
    ["no size", () => changed((header) => header.fill(0, 124, 136)), /no number/],
    ["a header alone", () => gzipSync(tar([file("a.js", "x")]).subarray(0, 512)), /in the middle/],
    [
      "an extended header alone",
      () => gzipSync(tar([{ path: "P", content: "21 path=package/b.js\n", type: "x" }])),
      /belongs to nothing/,
    ],
    ["bytes behind its end", () => gzipSync(Buffer.concat([tar([PLAIN]), Buffer.from("x")])), /behind its end/],
    ["a record of no length", () => gzipSync(tar([{ path: "P", content: "0 a=b\n", type: "x" }, PLAIN])), /broken/],
    [
      "a record longer than its header",
      () => gzipSync(tar([{ path: "P", content: "99 a=b\n", type: "x" }, PLAIN])),
      /broken/,
    ],
    ["a manifest nested as deep as nobody reads", () => gzipSync(tar([nested(100_000, "")])), /nested too deeply/],
    ["a manifest nested deeper than any", () => gzipSync(tar([nested(51, "")])), /nested too deeply/],
    [
      "manifests that grow when they are written anew",
      () => {
        const grows = nested(49, `${"1,".repeat(400_000)}1`);
        return gzipSync(
          tar(
            Array.from({ length: 10 }, (_, index) => ({
              ...grows,
              path: `package/node_modules/p${index}/package.json`,
            })),
          ),
        );
      },
      /too large once/,
    ],
  ];
  for (const [name, bytes, message] of HOSTILE) {
    it(`is refused with ${name}`, async () => {
      await assert.rejects(stripTarball(bytes()), { code: "UPSTREAM_MALFORMED", message });
    });
  }
});
