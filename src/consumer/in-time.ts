import { describeError, type Outcome } from "../domain/outcome.ts";
import { Stopped } from "./heartbeat.ts";

/** What came of a run: whether it was ended early, and as what; and what it gave, if it came to that. */
export type Timed<T> =
  | { readonly ended: T; readonly early: null }
  | { readonly ended: T | null; readonly early: Outcome };

/**
 * Runs something under a timeout. What ignores its signal is not waited for.
 * @param run never rejects
 * @param stop aborts when it is to end before its time is up
 */
export async function inTime<T>(
  run: (signal: AbortSignal) => Promise<T>,
  timeoutMs: number,
  stop?: AbortSignal,
): Promise<Timed<T>> {
  const abort = new AbortController();
  const { promise: aborted, resolve } = Promise.withResolvers<null>();
  const end = (reason: unknown) => {
    abort.abort(reason);
    resolve(null);
  };
  const tooLong = () => end(new DOMException(`the attempt took longer than ${timeoutMs} ms`, "TimeoutError"));
  const stopped = () => end(stop?.reason);
  const timer = setTimeout(tooLong, timeoutMs);
  stop?.addEventListener("abort", stopped, { once: true });
  const ran = run(abort.signal).then((ended) => ({ ended }));
  const first = await Promise.race([ran, aborted]);
  clearTimeout(timer);
  stop?.removeEventListener("abort", stopped);
  if (first !== null && !abort.signal.aborted) return { ...first, early: null };
  return { ended: first?.ended ?? null, early: endedEarly(abort.signal.reason) };
}

function endedEarly(reason: unknown): Outcome {
  if (!(reason instanceof Stopped)) return { kind: "retry", error: describeError(reason, "timeout") };
  // One that has lost its lease can change nothing any more: its finish is refused, whatever it says.
  return { kind: reason.cancelled ? "cancelled" : "retry", error: describeError(reason, "cancelled") };
}
