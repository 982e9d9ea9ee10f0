/** SARIF 2.1.0 (OASIS), as code scanning reads it. */

export interface SarifRun {
  /** Of Cordon. */
  readonly version: string;
  readonly rules: readonly SarifRule[];
  readonly results: readonly SarifResult[];
  /** What could not be done. */
  readonly notifications?: readonly SarifNotification[];
}

export interface SarifRule {
  readonly id: string;
  readonly title?: string;
  readonly description?: string;
}

export interface SarifResult {
  readonly ruleId: string;
  readonly level: "error" | "warning" | "note";
  readonly text: string;
  readonly places: readonly SarifPlace[];
  /** What makes two results of different runs the same one; left out: their place and text. */
  readonly fingerprint?: string;
}

export interface SarifPlace {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column?: number;
  readonly endColumn?: number;
}

export interface SarifNotification {
  readonly level: "error" | "warning" | "note";
  readonly text: string;
  readonly file: string;
}

export function sarifLog({ version, rules, results, notifications }: SarifRun): string {
  const driver = { name: "cordon", semanticVersion: version, rules: rules.map(toRule) };
  const run = {
    tool: { driver },
    columnKind: "utf16CodeUnits",
    ...(notifications && { invocations: [toInvocation(notifications)] }),
    results: results.map(toResult),
  };
  const log = { $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run] };
  return JSON.stringify(log, null, 2);
}

function toRule({ id, title, description }: SarifRule): object {
  return {
    id,
    ...(title && { shortDescription: { text: title } }),
    ...(description && { fullDescription: { text: description } }),
  };
}

function toResult({ ruleId, level, text, places, fingerprint }: SarifResult): object {
  return {
    ruleId,
    level,
    message: { text },
    locations: places.map(toLocation),
    ...(fingerprint && { partialFingerprints: { "cordon/v1": fingerprint } }),
  };
}

function toLocation({ file, line, column, endColumn }: SarifPlace): object {
  const region = {
    startLine: line,
    ...(column !== undefined && { startColumn: column }),
    ...(endColumn !== undefined && { endColumn }),
  };
  return { physicalLocation: { artifactLocation: { uri: uriOf(file) }, region } };
}

function toInvocation(notifications: readonly SarifNotification[]): object {
  return {
    executionSuccessful: true,
    toolExecutionNotifications: notifications.map(({ level, text, file }) => ({
      level,
      message: { text },
      locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(file) } } }],
    })),
  };
}

/** A path is a relative reference (RFC 3986, section 4.2), whatever characters it has. */
function uriOf(path: string): string {
  return path.replaceAll("\\", "/").split("/").map(encodeURIComponent).join("/");
}
