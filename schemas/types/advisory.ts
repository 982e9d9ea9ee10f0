// Generated from advisory.schema.json by schemas/generate.ts; do not edit.

/**
 * The part of an OSV record that Cordon reads (OSV schema 1.x). Keys that it does not read are ignored, as the OSV schema asks of consumers.
 */
export interface OsvRecord {
  id: string;
  modified: string;
  published?: string;
  withdrawn?: string;
  aliases?: string[] | null;
  summary?: string;
  details?: string;
  severity?: Severity[] | null;
  affected?: Affected[] | null;
  references?: Reference[] | null;
  database_specific?: {
    [k: string]: unknown;
  };
  [k: string]: unknown;
}
export interface Severity {
  type: string;
  score: string;
  [k: string]: unknown;
}
export interface Affected {
  package?: AffectedPackage;
  severity?: Severity[] | null;
  versions?: string[] | null;
  ranges?: AffectedRange[] | null;
  database_specific?: {
    [k: string]: unknown;
  };
  ecosystem_specific?: {
    [k: string]: unknown;
  };
  [k: string]: unknown;
}
export interface AffectedPackage {
  ecosystem: string;
  name: string;
  purl?: string;
  [k: string]: unknown;
}
export interface AffectedRange {
  type: string;
  events: RangeEvent[];
  [k: string]: unknown;
}
export interface RangeEvent {
  introduced?: string;
  fixed?: string;
  last_affected?: string;
  limit?: string;
  [k: string]: unknown;
}
export interface Reference {
  type?: string;
  url?: string;
  [k: string]: unknown;
}
