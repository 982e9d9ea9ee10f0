/** How a condition came to its value: which of its parts were reached, and what each said. */
import { messageOf } from "../errors.ts";
import type { CelContext, CelPart } from "./cel.ts";

/** What a part said; `unreached` where a part before it had settled the matter. */
export type PartValue = "true" | "false" | "error" | "unreached";

export interface TracedPart {
  /** Offsets into the condition's source. */
  readonly start: number;
  readonly end: number;
  readonly source: string;
  readonly value: PartValue;
  /** Why it failed; empty where it did not. */
  readonly error: string;
  readonly parts: readonly TracedPart[];
}

/** Evaluates a condition part by part, from left to right, as the engine does. */
export function tracePart(part: CelPart, context: CelContext): TracedPart {
  const parts = traceParts(part, context);
  return { ...placeOf(part), ...evaluatePart(part, context), parts };
}

function traceParts({ operator, parts }: CelPart, context: CelContext): TracedPart[] {
  const traced: TracedPart[] = [];
  const settling: PartValue | undefined = operator === "and" ? "false" : operator === "or" ? "true" : undefined;
  for (const part of parts) {
    const isSettled = settling !== undefined && traced.some(({ value }) => value === settling);
    traced.push(isSettled ? unreached(part) : tracePart(part, context));
  }
  return traced;
}

function unreached(part: CelPart): TracedPart {
  return { ...placeOf(part), value: "unreached", error: "", parts: part.parts.map(unreached) };
}

function placeOf({ start, end, source }: CelPart) {
  return { start, end, source };
}

function evaluatePart(part: CelPart, context: CelContext): Pick<TracedPart, "value" | "error"> {
  try {
    return { value: part.compile().evaluate(context) === true ? "true" : "false", error: "" };
  } catch (error) {
    return { value: "error", error: messageOf(error) };
  }
}

/** The parts of a trace that made its value: those that an author looks at first. */
export function decisiveParts(trace: TracedPart): TracedPart[] {
  const relevant = trace.parts.filter(({ value }) => value !== "unreached");
  const same = relevant.filter(({ value }) => value === trace.value);
  if (relevant.length === 0) return [trace];
  return (same.length > 0 ? same : relevant).flatMap(decisiveParts);
}
