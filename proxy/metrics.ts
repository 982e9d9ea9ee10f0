/** `/-/metrics`: figures in Prometheus' text format. Their names and labels are part of the public contract (docs/HTTP.md). */
import { Counter, Gauge, Registry } from "prom-client";
import type { PurlType } from "../core/purl.ts";
import type { BundleLifecycle } from "./bundle-lifecycle.ts";
import { BUNDLE_STATES } from "./bundle-status.ts";
import type { DecisionLog } from "./decision-log.ts";
import type { DiskCache } from "./disk-cache.ts";
import type { UpstreamHealth } from "./upstream-health.ts";

export interface Metrics {
  readonly contentType: string;
  render(): Promise<string>;
  /** The log, with each decision counted that it records. */
  counting(decisions: DecisionLog): DecisionLog;
  /** Counts an answer from what a registry's upstream said before it went away. */
  staleCounter(registry: PurlType): () => void;
}

export interface MetricsOptions {
  readonly lifecycle: BundleLifecycle;
  readonly cache: DiskCache;
  readonly health: readonly UpstreamHealth[];
}

export function createMetrics({ lifecycle, cache, health }: MetricsOptions, isReady: () => boolean): Metrics {
  const registry = new Registry();
  const registers = [registry];
  /** A figure that is read when it is asked for; null where there is none. */
  const gauge = (name: string, help: string, read: () => number | null) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        const value = read();
        if (value === null) this.remove();
        else this.set(value);
      },
    });
  const status = () => lifecycle.status();
  gauge("cordon_ready", "1 while requests can be answered", () => Number(isReady()));
  gauge("cordon_bundle_revision", "Revision in force", () => status().revision);
  gauge("cordon_bundle_epoch", "Epoch in force", () => status().epoch);
  gauge("cordon_bundle_created_timestamp_seconds", "When the bundle in force was made", () =>
    seconds(status().created),
  );
  gauge("cordon_bundle_expires_timestamp_seconds", "When its lifetime ends", () => seconds(status().expires));
  gauge("cordon_bundle_activated_timestamp_seconds", "When it came into force", () => seconds(status().activatedAt));
  gauge("cordon_bundle_stored", "1 where it would be in force after a restart", () => Number(status().stored));
  gauge("cordon_bundle_last_contact_timestamp_seconds", "When the source last answered", () =>
    seconds(status().lastContact),
  );
  gauge("cordon_trusted_root_refreshed_timestamp_seconds", "When TUF last gave a trusted root", () =>
    seconds(status().trustedRoot?.refreshed ?? null),
  );
  gauge("cordon_cache_bytes", "Files and documents on disk", () => cache.usage().bytes);
  gauge("cordon_cache_max_bytes", "How much of the disk they may take", () => cache.usage().maxBytes);
  new Gauge({
    name: "cordon_bundle_state",
    help: "1 for the state that the bundle is in",
    labelNames: ["state"],
    registers,
    collect() {
      for (const state of BUNDLE_STATES) this.set({ state }, Number(state === status().state));
    },
  });
  new Counter({
    name: "cordon_bundle_polls_total",
    help: "Polls of the bundle's source, by how they ended",
    labelNames: ["result"],
    registers,
    collect() {
      this.reset();
      for (const [result, count] of Object.entries(status().polls)) this.inc({ result }, count);
    },
  });
  const decided = new Counter({
    name: "cordon_decisions_total",
    help: "Decisions that were recorded",
    labelNames: ["registry", "kind", "decision"],
    registers,
  });
  addUpstreamRequests(registers, health);
  const stale = new Counter({
    name: "cordon_upstream_stale_answers_total",
    help: "Answers from what the upstream said before it went away",
    labelNames: ["registry"],
    registers,
  });
  return {
    contentType: registry.contentType,
    render: () => registry.metrics(),
    counting: (decisions) => ({
      ...decisions,
      record(decision, context, facts) {
        decisions.record(decision, context, facts);
        decided.inc({ registry: context.registry, kind: context.kind, decision: decision.decision });
      },
    }),
    staleCounter(registry) {
      stale.inc({ registry }, 0); // what has no first value has no rate either
      return () => stale.inc({ registry });
    },
  };
}

/** Every result of every upstream from the start: what has no first value has no rate either. */
function addUpstreamRequests(registers: Registry[], health: readonly UpstreamHealth[]): void {
  new Counter({
    name: "cordon_upstream_requests_total",
    help: "Questions to upstreams, by how they ended",
    labelNames: ["registry", "upstream", "result"],
    registers,
    collect() {
      this.reset();
      for (const { registry, origin, counts } of health)
        for (const [result, count] of counts) this.inc({ registry, upstream: origin, result }, count);
    },
  });
}

function seconds(instant: string | null): number | null {
  return instant === null ? null : Date.parse(instant) / 1000;
}
