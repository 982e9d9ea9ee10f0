// Generated from policy-test.schema.json by schemas/generate.ts; do not edit.

/**
 * Cases and samples with the decisions that they must get; a file of `tests/`.
 */
export interface PolicyTest {
  apiVersion: "cordon/v1";
  kind: "PolicyTest";
  metadata?: {
    /**
     * One line for people.
     */
    title?: string;
  };
  spec: {
    /**
     * The frozen clock.
     */
    now: string;
    /**
     * The policies that judge the cases and samples of this file; left out: all of the repository.
     *
     * @minItems 1
     */
    policies?: string[];
    /**
     * Releases with facts that are given.
     */
    cases?: TestCase[];
    /**
     * Lockfiles or package lists; each release is judged by what can be told offline.
     */
    samples?: TestSample[];
  };
}
export interface TestCase {
  /**
   * What the case is about.
   */
  name: string;
  /**
   * The purl of the release that is judged.
   */
  release: string;
  /**
   * Facts in the form of facts.schema.json. What the purl tells need not be repeated; `advisories` given here stand instead of those of the repository; a client that is left out is anonymous.
   */
  facts?: {
    pkg?: {
      [k: string]: unknown;
    };
    release?: {
      [k: string]: unknown;
    };
    advisories?: unknown[];
    client?: {
      [k: string]: unknown;
    };
  };
  expect: Expectation;
  /**
   * Path of an upstream document (for npm a packument) from the repository's top; the facts are read from it as a proxy would. Facts given stand before them.
   */
  document?: string;
  /**
   * Ranges, and the version that a client must get for each once denied releases are withheld; null: none. With `document`.
   */
  resolves?: {
    [k: string]: string | null;
  };
}
/**
 * What must be decided.
 */
export interface Expectation {
  /**
   * The decision, after approvals.
   */
  decision: "allow" | "warn" | "strip-scripts" | "quarantine" | "block";
  /**
   * The policy that decides.
   */
  policy?: string;
  /**
   * The rule that decides.
   */
  rule?: string;
  /**
   * A part of the reason.
   */
  reason?: string;
  /**
   * When the hold ends by itself.
   */
  until?: string;
  /**
   * A part of the text with which the deciding rule fails to evaluate.
   */
  error?: string;
}
export interface TestSample {
  /**
   * Path from the repository's top.
   */
  sample: string;
  /**
   * The releases, as purls, that get each decision; a decision that is left out must get none.
   */
  expect: {
    block?: string[];
    quarantine?: string[];
    "strip-scripts"?: string[];
    warn?: string[];
  };
}
