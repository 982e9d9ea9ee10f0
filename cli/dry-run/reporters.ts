/** A dry run for people and for the tools that read it. Each reporter is a function from data to text. */
import { withRemediation } from "../../core/refusal.ts";
import { permits, severity } from "../../core/verdict.ts";
import { oneLine } from "../../core/words.ts";
import type { Decision } from "../../schemas/types/decision.ts";
import { annotation } from "../annotation.ts";
import { junitXml } from "../junit.ts";
import { type SarifResult, sarifLog } from "../sarif.ts";
import { htmlReport } from "./html/page.ts";
import { markdown } from "./markdown.ts";
import { pretty } from "./pretty.ts";
import type { DryRunReport, JudgedRelease } from "./report.ts";
import { grouping, headlineOf, insteadText, unjudgedTexts } from "./words.ts";

export const DRY_RUN_REPORTERS = { pretty, json, html: htmlReport, markdown, sarif, junit, github } as const;
export type DryRunReporter = keyof typeof DRY_RUN_REPORTERS;

/** Code scanning shows the first of a result's places, and takes no more than this. */
const MAX_PLACES = 100;
const MAX_TEXT = 1000;

/** The contract's shape: scripts rely on `decisions`, `inputs` and `summary`. */
export function toJson({ at, isOffline, wording, releases, inputs, unjudged, summary }: DryRunReport) {
  const decisions = releases.map(({ decision, alternatives, ...rest }) => ({
    ...withRemediation(decision, wording, alternatives),
    ...rest,
  }));
  return { at, offline: isOffline, decisions, inputs, unjudged, summary };
}

function json(report: DryRunReport): string {
  return JSON.stringify(toJson(report), null, 2);
}

/** What is allowed is no result. */
function sarif({ releases, inputs, unjudged, version }: DryRunReport): string {
  const objections = releases.filter(({ decision }) => decision.policy !== null);
  const rules = [...new Set(objections.map(({ decision }) => ruleOf(decision)))].sort().map((id) => ({ id }));
  return sarifLog({
    version,
    rules,
    results: objections.map(toResult),
    notifications: [
      ...inputs.flatMap(({ path, error }) =>
        error === undefined ? [] : [{ level: "warning" as const, text: oneLine(error, MAX_TEXT), file: path }],
      ),
      ...grouping(unjudged, ({ path }) => path).flatMap(([path, all]) =>
        unjudgedTexts(all).map((text) => ({ level: "note" as const, text, file: path })),
      ),
    ],
  });
}

function toResult(release: JudgedRelease): SarifResult {
  const { decision, places } = release;
  return {
    ruleId: ruleOf(decision),
    level: permits(decision) ? "warning" : "error",
    text: sentenceOf(release),
    places: places.slice(0, MAX_PLACES).map(({ path, line }) => ({ file: path, line })),
    fingerprint: `${decision.purl} ${ruleOf(decision)}`,
  };
}

/** A suite for each input, a case for each release that it names, and for each entry that is not judged. */
function junit({ releases, inputs, unjudged }: DryRunReport): string {
  const left = new Map(grouping(unjudged, ({ path }) => path));
  return junitXml(
    inputs.map(({ path, error }) => ({
      name: path,
      cases: [
        ...(error === undefined ? [] : [{ name: "can be read", file: path, line: 1, failures: [error] }]),
        ...releases.flatMap((release) =>
          release.places
            .filter((place) => place.path === path)
            .map(({ line }) => ({
              name: release.decision.purl,
              file: path,
              line,
              failures: permits(release.decision) ? [] : [sentenceOf(release)],
            })),
        ),
        ...(left.get(path) ?? []).map(({ name, reason, line }) => ({
          name: oneLine(name, MAX_TEXT),
          file: path,
          line,
          failures: [],
          skipped: oneLine(`Not judged, because it ${reason}.`, MAX_TEXT),
        })),
      ],
    })),
  );
}

/** Annotations on the lines that name what is not simply allowed. */
function github(report: DryRunReport): string {
  const ofReleases = report.releases
    .filter(({ decision }) => severity(decision.decision) > 0)
    .flatMap((release) => {
      const { decision, places } = release;
      const level = permits(decision) ? "warning" : "error";
      const title = `cordon: ${decision.decision} ${decision.purl}`;
      return places.map(({ path, line }) => annotation(level, { file: path, line, title }, sentenceOf(release)));
    });
  const ofInputs = report.inputs.flatMap(({ path, error }) =>
    error === undefined ? [] : [annotation("error", { file: path, title: "cordon: cannot be read" }, error)],
  );
  return [...ofReleases, ...ofInputs, ...unjudgedTexts(report.unjudged), headlineOf(report)].join("\n");
}

function ruleOf({ policy, rule }: Decision): string {
  return `${policy}/${rule}`;
}

/** What, why, on what evidence, until when, and what to install instead. */
function sentenceOf({ decision, alternatives }: JudgedRelease): string {
  const { purl, reason, evidence, until } = decision;
  const ids = evidence.length > 0 ? ` [${evidence.map(({ id }) => id).join(", ")}]` : "";
  const end = until === null || permits(decision) ? "" : ` Free at ${until}.`;
  const behind = [ruleOf(decision), ...insteadText(alternatives)].join("; ");
  return oneLine(`${decision.decision} ${purl}: ${reason}${ids}${end} (${behind})`, MAX_TEXT);
}
