/** JUnit's XML, as CI systems read it. */

export interface JunitSuite {
  readonly name: string;
  readonly cases: readonly JunitCase[];
}

export interface JunitCase {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  /** None where it passed; else the first one is its headline. */
  readonly failures: readonly string[];
  /** Why it was not run; left out: it was. */
  readonly skipped?: string;
}

export function junitXml(suites: readonly JunitSuite[]): string {
  const failed = (cases: readonly JunitCase[]) => cases.filter(({ failures }) => failures.length > 0).length;
  const all = suites.flatMap(({ cases }) => cases);
  const texts = suites.map(
    ({ name, cases }) =>
      `  <testsuite name="${xml(name)}" tests="${cases.length}" failures="${failed(cases)}">\n${cases.map((one) => testcase(name, one)).join("\n")}\n  </testsuite>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites tests="${all.length}" failures="${failed(all)}">\n${texts.join("\n")}\n</testsuites>`;
}

function testcase(suite: string, { name, file, line, failures, skipped }: JunitCase): string {
  const open = `    <testcase classname="${xml(suite)}" name="${xml(name)}" file="${xml(file)}" line="${line}"`;
  const [headline] = failures;
  if (skipped !== undefined) return `${open}>\n      <skipped message="${xml(skipped)}"/>\n    </testcase>`;
  return headline === undefined
    ? `${open}/>`
    : `${open}>\n      <failure message="${xml(headline)}">${xml(failures.join("\n"))}</failure>\n    </testcase>`;
}

function xml(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;" };
  // XML 1.0 cannot hold other control characters at all.
  return text.replace(/[^\P{Cc}\t\n\r]/gu, "?").replace(/[&<>"\n]/g, (char) => entities[char] ?? char);
}
