/**
 * Lockfiles of 5,000 packages: how long `cordon dry-run --offline` takes for each of four kinds, and how much memory, beside
 * the limits of 2 s and 300 MB. Nothing is asserted. `node bench/inventory.ts [PACKAGES]`
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGES = Number(process.argv[2] ?? 5000);
const LIMIT = { ms: 2000, kb: 300 * 1024 };
const RUNS = 3;
const ENTRY = fileURLToPath(new URL("../cli/bin/run.ts", import.meta.url));
const POLICIES = fileURLToPath(new URL("../policies", import.meta.url));
const HASH = "0".repeat(64);
const each = (write: (name: string, version: string) => string): string =>
  Array.from({ length: PACKAGES }, (_, index) => write(`package-${index}`, `1.${index % 97}.0`)).join("");

const FILES: Readonly<Record<string, string>> = {
  "package-lock.json": `{"lockfileVersion":3,"packages":{"":{}${each((name, version) => `,\n"node_modules/${name}":{"version":"${version}","resolved":"https://registry.example/${name}/-/${name}-${version}.tgz","integrity":"sha512-x"}`)}}}`,
  "pnpm-lock.yaml": `lockfileVersion: '9.0'\n\npackages:\n${each((name, version) => `\n  ${name}@${version}:\n    resolution: {integrity: sha512-x}\n    engines: {node: '>=18'}\n`)}`,
  "uv.lock": `version = 1\n${each((name, version) => `\n[[package]]\nname = "${name}"\nversion = "${version}"\nsource = { registry = "https://registry.example/simple" }\nwheels = [\n    { url = "https://files.example/${name}.whl", hash = "sha256:${HASH}", size = 1, upload-time = "2024-04-11T03:34:41Z" },\n]\n`)}`,
  "Cargo.lock": `version = 3\n${each((name, version) => `\n[[package]]\nname = "${name}"\nversion = "${version}"\nsource = "registry+https://index.example/"\nchecksum = "${HASH}"\n`)}`,
};

interface Run {
  readonly ms: number;
  readonly kb: number;
}

/** The process itself says at its end how much it held at most. */
function runOnce(file: string): Run {
  const code = `process.on("exit", () => process.stderr.write("maxrss " + process.resourceUsage().maxRSS + "\\n")); process.argv.splice(1, 0, ${JSON.stringify(ENTRY)}); await import(${JSON.stringify(ENTRY)});`;
  const args = [
    "--input-type=module",
    "-e",
    code,
    "dry-run",
    file,
    "--offline",
    "--dir",
    POLICIES,
    "--reporter",
    "json",
  ];
  const start = performance.now();
  const { stderr } = spawnSync(process.execPath, args, { encoding: "utf8", maxBuffer: 1024 ** 3 });
  const ms = performance.now() - start;
  const kb = Number(/maxrss (\d+)/.exec(stderr)?.[1]);
  if (Number.isNaN(kb)) throw new Error(`the run said nothing of its memory: ${stderr.slice(-2000)}`);
  return { ms, kb };
}

const folder = mkdtempSync(join(tmpdir(), "cordon-bench-"));
try {
  console.log(
    `| ${PACKAGES} packages | time | of ${LIMIT.ms} ms | memory | of ${LIMIT.kb / 1024} MB |\n|---|---|---|---|---|`,
  );
  for (const [name, text] of Object.entries(FILES)) {
    const file = join(folder, name);
    writeFileSync(file, text);
    const runs = Array.from({ length: RUNS }, () => runOnce(file)).sort((a, b) => a.ms - b.ms);
    const { ms, kb } = runs[Math.floor(RUNS / 2)] ?? { ms: Number.NaN, kb: Number.NaN };
    console.log(
      `| ${name} | ${Math.round(ms)} ms | ${(ms / LIMIT.ms).toFixed(2)}x | ${Math.round(kb / 1024)} MB | ${(kb / LIMIT.kb).toFixed(2)}x |`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
