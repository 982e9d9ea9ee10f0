/** The commands `build` and `publish` of the action `policy`. */
import { revisionOf } from "../../core/bundle/manifest.ts";
import { keySigning, type Signing } from "../../core/bundle/sign.ts";
import { CordonError } from "../../core/errors.ts";
import { annotatedPath } from "../annotation.ts";
import { buildInto } from "../bundle.ts";
import { inlineCode } from "../markdown.ts";
import { buildSuccessor, readAcceptedBundle } from "../publish/build.ts";
import { publishTarget } from "../publish/index.ts";
import { ADVICE, ineffectiveApprovals } from "../publish/ineffective-approvals.ts";
import { publishBundle } from "../publish/publish.ts";
import type { Repository } from "../repository.ts";
import { keylessWith } from "../signing-flags.ts";
import { VERSION } from "../version.ts";
import type { ActionStep } from "./action-step.ts";
import { requirePublishable } from "./check.ts";

/** Builds the bundle into `out`, unsigned: to look at, or to sign elsewhere. */
export async function buildUnsigned(step: ActionStep): Promise<void> {
  const repository = await requirePublishable(step);
  summarizeApprovals(step, repository);
  const out = step.input("out", "dist");
  const options = { out, revision: undefined, now: new Date(), version: VERSION };
  const { statement } = await buildInto(repository, options);
  step.output("bundle", out);
  step.output("revision", number(statement.predicate));
  step.log(`Built ${revisionOf(statement.predicate)} in ${out}.`);
}

/** Builds on what is published, signs, verifies as a proxy does, and publishes. Nothing is sent that fails before. */
export async function publishPolicies(step: ActionStep): Promise<void> {
  const repository = await requirePublishable(step);
  summarizeApprovals(step, repository);
  const [out, trust] = [step.input("out", "dist"), step.input("trust")];
  const target = publishTarget(targetOf(step), { keep: keepOf(step), environment: tokenIn(step) });
  const signing = signingOf(step);
  const { statement } = await buildSuccessor({ repository, out, target, trust, signing, version: VERSION });
  step.log(`Built and signed ${revisionOf(statement.predicate)}, fresh until ${statement.predicate.expires}.`);
  const bundle = await readAcceptedBundle(out, trust);
  const { outcome, url } = await publishBundle(bundle, target, (name, what) => step.log(`  ${name}: ${what}`));
  const digest = `sha256:${bundle.digest}`;
  const outputs = { bundle: out, revision: number(bundle.manifest), digest, outcome, url: url ?? "" };
  for (const [name, value] of Object.entries(outputs)) step.output(name, value);
  const { channel, expires } = bundle.manifest;
  step.summarize(
    [
      `### Bundle ${outputs.revision} of channel ${inlineCode(channel)}: ${outcome}`,
      "",
      `At ${inlineCode(target.source.name)}${url ? `, [its release](${url})` : ""}; fresh until ${expires}; ${inlineCode(digest)}.`,
    ].join("\n"),
  );
}

/** On the run's page, besides the annotations of lint: they fail every check, and somebody has to remove them. */
function summarizeApprovals({ summarize }: ActionStep, repository: Repository): void {
  const found = ineffectiveApprovals(repository);
  if (found.length === 0) return;
  const listed = found.map(({ file, line, message }) => {
    const place = `${annotatedPath(repository.dir, file)}:${line}`;
    return `- ${inlineCode(place)}: ${inlineCode(message)}`;
  });
  summarize(["### ⚠️ Approvals without effect", "", ...listed, "", ADVICE].join("\n"));
}

function number({ epoch, revision }: { readonly epoch: number; readonly revision: number }): string {
  return `${epoch}.${revision}`;
}

function targetOf({ input, environment }: ActionStep): string {
  const repository = environment["GITHUB_REPOSITORY"];
  const target = input("to", repository ? `github:${repository}` : "");
  if (target === "") throw new CordonError("USAGE", "the input to is empty, and the run names no repository");
  return target;
}

function keepOf({ input }: ActionStep): number {
  const keep = Number(input("keep", "30"));
  if (Number.isInteger(keep) && keep >= 1) return keep;
  throw new CordonError("USAGE", `the input keep is ${JSON.stringify(input("keep"))}, and must be 1 or more`);
}

function tokenIn({ input, environment }: ActionStep): NodeJS.ProcessEnv {
  return { ...environment, GITHUB_TOKEN: input("token") || environment["GITHUB_TOKEN"] };
}

/** A key from a secret never touches the disk. */
function signingOf({ input, environment }: ActionStep): Signing {
  const key = input("key");
  if (key !== "") return keySigning(`${key}\n`, "the input key");
  return keylessWith({
    fulcio: environment["CORDON_FULCIO_URL"],
    rekor: environment["CORDON_REKOR_URL"],
    "rekor-version": environment["CORDON_REKOR_VERSION"] === "2" ? 2 : undefined,
    tsa: environment["CORDON_TSA_URL"],
  });
}
