import { describeError, type Outcome } from "../domain/outcome.ts";
import { EarlyEnd } from "./early-end.ts";
import { Stopped } from "./heartbeat.ts";

/** What came of a run: whether it was ended early, and as what; and what it gave, if it came to that. */
export type Timed<T> =
  | { readonly ended: T; readonly early: null }
  | { readonly ended: T | null; readonly early: Outcome };

/**
 * Runs something under a timeout. What ignores its signal is not waited for.
 * @param run never rejects
 * @param end comes when it is to end before its time is up, and is told when that is
 */
export async function inTime<T>(
  run: (end: EarlyEnd) => Promise<T>,
  timeoutMs: number,
  end: EarlyEnd = new EarlyEnd(),
): Promise<Timed<T>> {
  const tooLong = () => end.end(new DOMException(`the attempt took longer than ${timeoutMs} ms`, "TimeoutError"));
  const timer = setTimeout(tooLong, timeoutMs);
  const ran = run(end).then((ended) => ({ ended }));
  const first = await Promise.race([ran, end.told]);
  clearTimeout(timer);
  if (first !== null && !end.isTold) return { ...first, early: null };
  return { ended: first?.ended ?? null, early: endedEarly(end.reason) };
}

function endedEarly(reason: unknown): Outcome {
  if (!(reason instanceof Stopped)) return { kind: "retry", error: describeError(reason, "timeout") };
  // One that has lost its lease can change nothing any more: its finish is refused, whatever it says.
  return { kind: reason.cancelled ? "cancelled" : "retry", error: describeError(reason, "cancelled") };
}
