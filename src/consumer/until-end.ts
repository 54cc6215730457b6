import { describeError, type Outcome } from "../domain/outcome.ts";
import type { EarlyEnd } from "./early-end.ts";
import { Stopped } from "./heartbeat.ts";

/** What came of a run: whether it was ended early, and as what; and what it gave, if it came to that. */
export type Timed<T> =
  | { readonly ended: T; readonly early: null }
  | { readonly ended: T | null; readonly early: Outcome };

/**
 * Runs something until it is to end. What ignores its signal is not waited for.
 * @param run never rejects
 */
export async function untilEnd<T>(run: (end: EarlyEnd) => Promise<T>, end: EarlyEnd): Promise<Timed<T>> {
  const ran = run(end).then((ended) => ({ ended }));
  const first = await Promise.race([ran, end.told]);
  if (first !== null && !end.isTold) return { ...first, early: null };
  return { ended: first?.ended ?? null, early: endedEarly(end.reason) };
}

function endedEarly(reason: unknown): Outcome {
  if (!(reason instanceof Stopped)) return { kind: "retry", error: describeError(reason, "timeout") };
  // One that has lost its lease can change nothing any more: its finish is refused, whatever it says.
  return { kind: reason.cancelled ? "cancelled" : "retry", error: describeError(reason, "cancelled") };
}
