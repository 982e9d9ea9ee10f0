/**
 * Takes each check of a bundle, of an attestation and of a file away, one at a time, in a copy of the project, and runs the tests that stand for it: at
 * least one must fail. `node test/mutations/run.ts` prints a table and exits with 1 where a check can go unnoticed. The
 * last result stands in docs/THREAT-MODEL.md.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

interface Mutation {
  /** The attack that the check stops. */
  readonly attack: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const VERIFY = "core/bundle/verify.ts";
const SIGNATURE = "core/bundle/signature.ts";
const IDENTITY = "core/sigstore/identity.ts";
const OPEN = "core/bundle/open.ts";
const LIFECYCLE = "proxy/bundle-lifecycle.ts";
const TRUST = "core/bundle/trust.ts";
const PROVENANCE = "core/sigstore/provenance.ts";
const SIGNATURES = "core/ecosystems/npm/signatures.ts";
const INSPECT = "core/ecosystems/npm/inspect.ts";
const ARCHIVE = "core/ecosystems/archive.ts";
const GZIP = "core/ecosystems/gzip.ts";
const INSPECTIONS = "proxy/inspections.ts";
const DOWNLOAD = "proxy/download.ts";
const DISK = "proxy/disk-cache.ts";
const PYPI_LISTING = "core/ecosystems/pypi/listing.ts";
const INSPECTION = "core/inspection.ts";

/** Narrowed to some by words of their attack: `node test/mutations/run.ts rollback`. */
const WANTED = process.argv.slice(2);

const MUTATIONS: readonly Mutation[] = [
  mutation("a signed file without end", VERIFY, "bytes.length > BUNDLE_LIMITS.manifestBytes", "false"),
  mutation("a payload of another type", VERIFY, "bundle.content.dsseEnvelope.payloadType !== PAYLOAD_TYPE", "false"),
  mutation(
    "swapped bytes, another's signature",
    SIGNATURE,
    "return verifier.verify(toSignedEntity(bundle));",
    "return { key: undefined as never };",
  ),
  mutation(
    "a key that is not trusted",
    SIGNATURE,
    "const key = keys.get(hint);",
    "const key = keys.get(hint) ?? [...keys.values()][0];",
  ),
  mutation("a certificate, where only keys are trusted", SIGNATURE, "if (!root)", "if (false as boolean)"),
  mutation("a signature in no transparency log", SIGNATURE, "  tlogThreshold: logged,", "  tlogThreshold: 0,"),
  mutation("a certificate in no certificate log", SIGNATURE, "ctlogThreshold: logged,", "ctlogThreshold: 0,"),
  mutation("a signature that nobody dates", SIGNATURE, "timestampThreshold: 1,", "timestampThreshold: 0,"),
  mutation(
    "any identity in the world",
    SIGNATURE,
    "findIdentity(claimsOf(signer.identity ?? {}), identities)",
    "identities[0] as never",
  ),
  mutation(
    "a beginning or end of the identity",
    IDENTITY,
    "if (claimed !== wanted)",
    "if (!claimed?.includes(wanted))",
  ),
  mutation(
    "an identity that differs in its later fields",
    IDENTITY,
    "Object.entries(identity)",
    "Object.entries(identity).slice(0, 2)",
  ),
  mutation(
    "any repository that calls the workflow",
    IDENTITY,
    "if (repository === undefined) return home === undefined ? identity :",
    "if (repository === undefined) return true as boolean ? identity :",
  ),
  mutation("a claim that is made twice", IDENTITY, "if (found.length > 1)", "if (false as boolean)"),
  mutation("a claim of another type", IDENTITY, "if (tag !== 0x0c) return undefined;", ""),
  mutation("a claim longer than it says", IDENTITY, "content.length === length ?", "true ?"),
  mutation(
    "a trust policy that names nobody",
    TRUST,
    "if (pems.length + identities.length === 0)",
    "if (false as boolean)",
  ),
  mutation(
    "a workflow that many share, for any branch",
    TRUST,
    "if (ref !== undefined || !isCalled(identity))",
    "if (true as boolean)",
  ),
  mutation("a statement of another kind", VERIFY, `statement["predicateType"] !== PREDICATE_TYPE`, "false"),
  mutation(
    "a manifest of another form",
    VERIFY,
    "if (!checkManifest.is(manifest))",
    "if (!checkManifest.is(manifest) && false)",
  ),
  mutation(
    "parts that are not signed",
    VERIFY,
    `canonicalJson(statement["subject"]) !== canonicalJson(subjectsOf(manifest.parts))`,
    "false",
  ),
  mutation(
    "two parts of one name",
    VERIFY,
    "new Set(manifest.parts.map(({ name }) => name)).size < manifest.parts.length",
    "false",
  ),
  mutation("a bundle of another channel", VERIFY, "if (channel !== trust.channel)", "if (false as boolean)"),
  mutation("a lifetime without end", VERIFY, "if (span > MAX_LIFETIME_MS)", "if (false as boolean)"),
  mutation("a lifetime that ends before it begins", VERIFY, "if (span <= 0)", "if (false as boolean)"),
  mutation(
    "a bundle from the future",
    VERIFY,
    "if (Date.parse(created) > now.getTime() + CLOCK_SKEW_MS)",
    "if (false as boolean)",
  ),
  mutation("rollback", VERIFY, "if (order < 0)", "if (false as boolean)"),
  mutation(
    "rollback below what the operator set",
    VERIFY,
    "if ((manifest.epoch - minimum.epoch || manifest.revision - minimum.revision) < 0)",
    "if (false as boolean)",
  ),
  mutation("a fork", VERIFY, "order === 0 && digest !== floor.digest", "false"),
  mutation(
    "freeze: a replayed bundle that has expired",
    VERIFY,
    "if (now.getTime() >= Date.parse(manifest.expires))",
    "if (false as boolean)",
  ),
  mutation("a swapped part", OPEN, "(await sha256InPieces(compressed)) !== part.gzip.sha256", "false"),
  mutation("a part that unpacks to something else", OPEN, "(await sha256InPieces(bytes)) !== part.sha256", "false"),
  mutation("a decompression bomb", OPEN, "if (length + chunk.length > part.size)", "if (false as boolean)"),
  mutation(
    "a part that might be one that blocks",
    OPEN,
    "// A part that this version does not know might be one that blocks: leaving it out would fail open.\n    else",
    "else if (false as boolean)",
  ),
  mutation("policies that do not compile", OPEN, "if (failure)", "if (false as boolean)"),
  mutation("a bundle without policies", OPEN, "if (set.policies.length === 0)", "if (false as boolean)"),
  mutation("rollback after a restart", LIFECYCLE, "if (floor) verifyFloor(bundle, floor);", ""),
  mutation(
    "rollback below what could not be stored",
    LIFECYCLE,
    "if (this.#active) verifyFloor(bundle, floorOf(this.#active.bundle));",
    "",
  ),
  mutation(
    "rollback to another trusted signer",
    "proxy/bundle-store.ts",
    "[...signers].flatMap",
    "[...signers].slice(0, 1).flatMap",
  ),
  mutation("a lost floor", LIFECYCLE, "store.raiseFloor(bundle); // a crash", "// a crash"),
  mutation(
    "freeze under `deny`",
    LIFECYCLE,
    `onExpired === "enforce" || !isExpired`,
    `onExpired !== "hold-new" || !isExpired`,
  ),
  mutation(
    "freeze under `hold-new`",
    LIFECYCLE,
    `if (onExpired === "hold-new") return this.#active.held;`,
    `if (onExpired === "hold-new") return this.#active.rules;`,
  ),
  mutation("an approval kept alive by a freeze", "core/policy/approvals.ts", "now >= approval.expires", "false"),
  mutation("an attestation in no transparency log", PROVENANCE, "{ tlogThreshold: 1,", "{ tlogThreshold: 0,"),
  mutation(
    "an attestation of something else",
    PROVENANCE,
    "if (!predicates.some((predicate) => said.startsWith(predicate)))",
    "if (false as boolean)",
  ),
  mutation(
    "an attestation of another release",
    PROVENANCE,
    'isSame(ownString(one, "name") ?? "", name)',
    "isSame(name, name)",
  ),
  mutation("an attestation of another file", PROVENANCE, "if (!isTheFile)", "if (false as boolean)"),
  mutation("an attestation by a weak digest", PROVENANCE, "{ sha512, sha384, sha256 }).some(", "{ ...digests }).some("),
  mutation("a registry's key that had expired", SIGNATURES, "if (expires !== undefined &&", "if (false as boolean &&"),
  mutation("a registry's signature on something else", SIGNATURES, "else if (verify(", "else if (true || verify("),
  mutation(
    "scripts of bundled packages",
    INSPECT,
    "inOrder.flatMap(([place, found])",
    "inOrder.slice(0, 1).flatMap(([place, found])",
  ),
  mutation("a file with two manifests", INSPECT, "if (isFolder || manifests.has(place))", "if (isFolder)"),
  mutation("an archive with more behind its end", ARCHIVE, "if (!(await bytes.restIsZero()))", "if (false as boolean)"),
  mutation("a file that is named as a folder", ARCHIVE, 'if (type !== "5" &&', "if (false as boolean &&"),
  mutation("a second member behind the first", GZIP, "!isOne)", "false)"),
  mutation("what stands behind the members", GZIP, "given !== gunzip.bytesWritten ||", "false as boolean ||"),
  mutation("a manifest that says scripts twice", INSPECT, "if (twice !== undefined)", "if (false as boolean)"),
  mutation(
    "a dependency that lies in the file itself",
    INSPECT,
    "if (inOrder.some(([, found]) => bringsDependency(found)))",
    "if (false as boolean)",
  ),
  mutation("a size that is said twice", ARCHIVE, "if ((paxSize ?? size) !== size)", "if (false as boolean)"),
  mutation(
    "a file given out before it was read",
    INSPECTIONS,
    'const sources = kind === "file" ? needs.all : needs.strict;',
    "const sources = needs.strict;",
  ),
  mutation(
    "what was found of another file",
    "proxy/findings.ts",
    "known?.listed === listedAs(listing, release) ? known.found",
    "known ? known.found",
  ),
  mutation("a file with other bytes", DOWNLOAD, "else if (!check.agrees())", "else if (false as boolean)"),
  mutation("the end of a wrong file", DOWNLOAD, "this.#tell(before);", "this.#tell(this.#received);"),
  mutation(
    "a stored file that was changed",
    DISK,
    "if (!entry.isChecked && !(await check(handle)))",
    "if (false as boolean)",
  ),
  mutation(
    "a Python file of another project",
    "core/ecosystems/pypi/filenames.ts",
    'version !== undefined && normalizeName("pypi", name) === project ?',
    "version !== undefined ?",
  ),
  mutation(
    "one name of a Python file for two contents",
    PYPI_LISTING,
    "const isTwofold = before !== undefined && JSON.stringify(before.digests) !== JSON.stringify(digests);",
    "const isTwofold = false as boolean;",
  ),
  mutation(
    "a Python file whose digest can be forged, or that has none",
    PYPI_LISTING,
    "Object.keys(digests).length === 0",
    "false",
  ),
  mutation(
    "a denied Python release that clients choose",
    "core/ecosystems/pypi/render.ts",
    "denial === undefined || isHopeless ? file.yanked : denial",
    "file.yanked",
  ),
  mutation(
    "a file that was added to an approved Python release",
    "core/policy/engine.ts",
    "files.every((file) =>",
    "files.some((file) =>",
  ),
  mutation(
    "Python files from more than one builder",
    INSPECTION,
    "return isOne ? first",
    "return isOne || first ? first",
  ),
  mutation(
    "a version of a Go module that no list has",
    "proxy/listings.ts",
    "if (!release || listing.releases.has(release.version)) return found;",
    "if (release || listing) return found;",
  ),
  mutation(
    "the description of a denied Go version, by its own address or a branch",
    "proxy/registry.ts",
    "if (!permits(answer.decision)) return refuse(ctx, answer, context, options);",
    "",
  ),
  mutation(
    "a denied Go version by a shorter spelling",
    "proxy/registry.ts",
    "const meant = await judgeRelease(seen, found.version, rules, options);",
    "const meant = answer;",
  ),
  mutation(
    "the time of another Go version",
    INSPECTION,
    "if (found) requireSame(upstream.ecosystem, facts.version, found.version);",
    "",
  ),
  mutation(
    "other bytes of a Go module than those that were looked at",
    "proxy/registry-file.ts",
    "asInspected(found.file, answer.inspection)",
    "found.file",
  ),
  mutation(
    "what was found of a Go module whose bytes are others by now",
    "proxy/registry-file.ts",
    "if (isAnother && answer.inspection && answer.judged)",
    "if (false as boolean)",
  ),
  mutation(
    "a file on this network, by the word of a public registry",
    "core/upstream-origins.ts",
    'fileOrigins === "public" ? isPublic(url)',
    'fileOrigins === "public" ? url.href !== ""',
  ),
];

const TESTS = [
  "test/core/bundle/*.test.ts",
  "test/core/sigstore/*.test.ts",
  "test/core/policy/engine.test.ts",
  "test/proxy/{bundle-lifecycle,lifecycle,inspections,files}.test.ts",
  "test/core/ecosystems/npm/{inspect,signatures,strip}.test.ts",
  "test/core/ecosystems/pypi/{filenames,listing,render}.test.ts",
  "test/core/upstream.test.ts",
  "test/proxy/{pypi,golang,golang-approvals}.test.ts",
];
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

function isWanted(attack: string): boolean {
  return WANTED.length === 0 || WANTED.some((word) => attack.includes(word));
}

function mutation(attack: string, file: string, find: string, replace: string): Mutation {
  return { attack, file, find, replace };
}

/** The tests that fail, by name. */
function failuresIn(copy: string): string[] {
  const patterns = TESTS.map((pattern) => `"${pattern}"`).join(" ");
  const { stdout } = spawnSync(
    `"${process.execPath}" --test --test-force-exit --test-isolation=none --test-reporter=tap ${patterns}`,
    {
      cwd: copy,
      shell: true,
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  if (!/^# tests \d+/m.test(stdout)) return ["the tests could not be run"];
  return [...stdout.matchAll(/^\s+not ok \d+ - (.*)$/gm)].map(([, name = ""]) => name);
}

for (const { file, find } of MUTATIONS)
  if (readFileSync(join(ROOT, file), "utf8").split(find).length !== 2)
    throw new Error(`${file} does not have exactly once: ${find}`);

const copy = mkdtempSync(join(tmpdir(), "cordon-mutations-"));
let unnoticed = 0;
try {
  for (const name of ["cli", "core", "policies", "proxy", "schemas", "test", "package.json", "tsconfig.json"])
    cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
  const before = failuresIn(copy);
  if (before.length > 0) throw new Error(`tests fail without any mutation: ${before.join(", ")}`);
  for (const { attack, file, find, replace } of MUTATIONS.filter(({ attack }) => isWanted(attack))) {
    const path = join(copy, file);
    const text = readFileSync(path, "utf8");
    writeFileSync(
      path,
      text.replace(find, () => replace),
    );
    const failures = failuresIn(copy);
    writeFileSync(path, text);
    if (failures.length === 0) unnoticed += 1;
    console.log(
      `| ${attack} | \`${file}\` | ${failures.length === 0 ? "**unnoticed**" : `${failures.length}: ${failures[0]}`} |`,
    );
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
console.log(`\n${MUTATIONS.filter(({ attack }) => isWanted(attack)).length} checks taken away, ${unnoticed} unnoticed`);
process.exitCode = unnoticed > 0 ? 1 : 0;
