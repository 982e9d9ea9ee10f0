/** PyPI's versions: PEP 440. */
import { orThrow, type VersionOrder } from "./order.ts";
import {
  comparePep440,
  formatPep440,
  isPep440Prerelease,
  leadingPep440,
  parsePep440,
  withoutTrailingZeros,
} from "./pep440.ts";
import { parseSpecifiers, satisfiesSpecifiers } from "./pep440-specifiers.ts";

/** Versions that compare equal are one release: the index and its clients know them by the normalised form. */
export const PYPI_VERSIONS: VersionOrder = {
  isValid: (version) => parsePep440(version) !== undefined,
  isPrerelease(version) {
    const parsed = parsePep440(version);
    return parsed !== undefined && isPep440Prerelease(parsed);
  },
  compare: (a, b) => comparePep440(orThrow(parsePep440, a), orThrow(parsePep440, b)),
  satisfies,
  contains: satisfies,
  isRange: (range) => parseSpecifiers(range) !== undefined,
  canonical(version) {
    const parsed = parsePep440(version.trim());
    return parsed && formatPep440(withoutTrailingZeros(parsed));
  },
  leading: leadingPep440,
};

function satisfies(version: string, range: string): boolean {
  const [parsed, clauses] = [parsePep440(version), parseSpecifiers(range)];
  return parsed !== undefined && clauses !== undefined && satisfiesSpecifiers(parsed, version, clauses);
}

/** The form in which tools write a version (PEP 440, "Normalization"); undefined for what is none. */
export function normalizePep440(written: string): string | undefined {
  const parsed = parsePep440(written.trim());
  return parsed && formatPep440(parsed);
}
