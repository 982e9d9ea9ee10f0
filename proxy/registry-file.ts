/** A file of a release: judged by all that the rules read, whatever was listed before, and then sent. */
import type { Context } from "koa";
import { parseIntegrity } from "../core/digest.ts";
import type {
  JudgedListing,
  ListedRelease,
  RegistryRequest,
  ReleaseFile,
  StrippedFile,
} from "../core/ecosystems/ecosystem.ts";
import { fileNamed } from "../core/ecosystems/judged.ts";
import { CordonError, messageOf } from "../core/errors.ts";
import { decideUnlisted, type Rules } from "../core/gate.ts";
import { asInspected } from "../core/inspection.ts";
import { permits } from "../core/verdict.ts";
import { type Answer, contextOf, type RegistryOptions, record, refuse } from "./answer.ts";
import type { DecisionContext } from "./decision-log.ts";
import { signalOfLeaving } from "./leaving.ts";
import type { Judged } from "./listings.ts";
import { sendBytes, sendFile } from "./send-file.ts";
import { explainOriginal, isOfTheFile, isRewritten, withhold } from "./stripping.ts";

type FileRequest = RegistryRequest & { kind: "file" };

export async function serveFile(ctx: Context, request: FileRequest, options: RegistryOptions): Promise<void> {
  const begun = contextOf(ctx, "file", options);
  const left = signalOfLeaving(ctx);
  const { answer, file, cached, missing } = await findFile(request, options.rules(), options);
  const context: DecisionContext = { ...begun, cache: cached ? "hit" : "miss" };
  const { decision } = answer;
  if (!permits(decision)) return refuse(ctx, answer, context, options);
  if (!file) throw missing ?? new CordonError("NOT_FOUND", `the upstream registry has no ${decision.purl}`);
  if (left.aborted) {
    record(answer, context, options);
    ctx.respond = false; // nobody is there to be answered, and nothing is fetched for nobody
    return;
  }
  let stripped: StrippedFile | undefined;
  try {
    stripped = request.stripped || isRewritten(decision) ? await options.stripping.strip(file) : undefined;
  } catch (error) {
    if (!isOfTheFile(error)) throw error;
    return refuse(ctx, { ...answer, decision: withhold(decision, error.message) }, context, options);
  }
  if (stripped && !request.stripped)
    return refuse(ctx, { ...answer, decision: explainOriginal(decision) }, context, options);
  const rewritten = stripped && { from: file.digests, to: stripped.integrity, removed: stripped.removed };
  record(answer, { ...context, ...(rewritten && { rewritten }) }, options);
  if (stripped) return sendBytes(ctx, Buffer.from(stripped.bytes), parseIntegrity(stripped.integrity));
  try {
    await sendFile(ctx, left, file, options);
  } catch (error) {
    const isAnother = error instanceof CordonError && error.code === "DIGEST_MISMATCH";
    if (isAnother && answer.inspection && answer.judged) options.inspections.forget(answer.judged, decision.purl);
    if (!ctx.headerSent) throw error;
    // The answer has begun, so the closed connection is all that the client can be told.
    const clientLeft = ctx.req.destroyed && !(error instanceof CordonError);
    options.log(clientLeft ? "info" : "error", "file not delivered", {
      purl: decision.purl,
      requestId: context.requestId,
      reason: messageOf(error),
    });
  }
}

interface FoundFile {
  readonly answer: Answer;
  /** Undefined where the upstream does not list it. */
  readonly file: ReleaseFile | undefined;
  readonly cached: boolean;
  /** Why there is no listing. */
  readonly missing: CordonError | undefined;
}

/** A file that the upstream does not list (any more) is judged by what its name tells, so that malware gets its reason and not a bare 404. */
async function findFile(request: FileRequest, rules: Rules, options: RegistryOptions): Promise<FoundFile> {
  const { upstream, listings, now } = options;
  let listed: Judged | undefined;
  let missing: CordonError | undefined;
  try {
    listed =
      request.version === undefined
        ? await listings.judge(request.name, rules)
        : await listings.judgeOne(request.name, request.version, rules);
  } catch (error) {
    if (!(error instanceof CordonError)) throw error;
    missing = error;
  }
  const found = listed && fileNamed(listed.judged.listing, request.filename);
  if (listed && found) {
    const answer = await judgeFile(listed.judged, found.release, rules, options);
    return { answer, file: asInspected(found.file, answer.inspection), cached: listed.cached, missing };
  }
  const { version, filename } = request;
  // As the registry writes it, where it says: cargo asks for all names in lower case.
  const name = listed?.judged.listing.name ?? request.name;
  if (version === undefined)
    throw missing ?? new CordonError("NOT_FOUND", `the upstream registry has no ${filename} of ${name}`);
  const decision = decideUnlisted(rules, { type: upstream.ecosystem.type, name, version }, now());
  return { answer: { decision, judged: listed?.judged, rules }, file: undefined, cached: false, missing };
}

async function judgeFile(
  judged: JudgedListing,
  release: ListedRelease,
  rules: Rules,
  { inspections }: RegistryOptions,
): Promise<Answer> {
  try {
    const { decision, inspection } = await inspections.decide(judged, release.version, rules, "file");
    // What is found may deny others too, and they are no alternatives then.
    const seen = permits(decision) || !inspection ? judged : await inspections.view(judged, rules);
    return { decision, judged: seen, rules, inspection };
  } catch (error) {
    // What is at fault in a file that is to be written anew is told as a refusal, as the listing tells it.
    const decision = judged.decisions.get(release.version);
    if (!decision || !isRewritten(decision) || !isOfTheFile(error)) throw error;
    return { decision: withhold(decision, error.message), judged, rules };
  }
}
