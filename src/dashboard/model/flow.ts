import { type BindingLimit, limitText } from "./binding-limit.ts";
import { briefAge } from "./brief.ts";
import { type Counted, countOf, isSome } from "./counted.ts";

/** What the state of a tenant's jobs comes down to. */
export interface Flow {
  /** Jobs that could run now, and do not. */
  readonly waiting: Counted;
  readonly running: Counted;
  /** Jobs that are due later: scheduled, or between two attempts. */
  readonly later: Counted;
  /** The job that has been due for the longest time. */
  readonly oldest: OldestJob | null;
}

export interface OldestJob {
  readonly queue: string;
  readonly ageMs: number;
  /** What keeps it waiting; null: nothing that is seen. */
  readonly limit: BindingLimit | null;
}

/** `stuck`: nothing moves until somebody does something. */
export type FlowTone = "idle" | "flowing" | "waiting" | "stuck";

/** A part of a sentence; a queue is to be linked. */
export type Part = string | { readonly queue: string };

/** A wait that nobody needs to look into. */
const SHORT_WAIT_MS = 5_000;

/** Whether it is flowing, in one sentence. */
export function flowSentence({ waiting, running, later, oldest }: Flow): { tone: FlowTone; parts: readonly Part[] } {
  if (oldest !== null && (oldest.ageMs >= SHORT_WAIT_MS || oldest.limit?.kind === "paused"))
    return oldestSentence(oldest);
  if (isSome(waiting)) {
    const wait = oldest === null ? "" : `, the oldest for ${ageText(oldest)}`;
    return {
      tone: "flowing",
      parts: [`Flowing: ${countOf(running, "job")} running, ${countOf(waiting, "job")} waiting${wait}.`],
    };
  }
  if (isSome(running))
    return { tone: "flowing", parts: [`Flowing: ${countOf(running, "job")} running, nothing waits.`] };
  if (isSome(later)) return { tone: "idle", parts: [`Nothing waits: ${countOf(later, "job")} due later.`] };
  return { tone: "idle", parts: ["Nothing waits, nothing runs."] };
}

function oldestSentence(oldest: OldestJob): { tone: FlowTone; parts: readonly Part[] } {
  const { queue, limit } = oldest;
  const text = limit === null ? "is at no limit of its own" : limitText(limit);
  const tone = limit?.kind === "paused" ? "stuck" : "waiting";
  return { tone, parts: [`Oldest waits ${ageText(oldest)}: `, { queue }, ` ${text}.`] };
}

function ageText({ ageMs }: OldestJob): string {
  return briefAge(Math.max(1_000, ageMs));
}
