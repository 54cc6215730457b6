import { durationMs } from "../domain/duration.ts";
import type { Handler, JobContext } from "../domain/handler.ts";
import { describeError, FatalError, type Outcome, RetryError } from "../domain/outcome.ts";
import { Stopped } from "./heartbeat.ts";

/**
 * Runs a handler once under a timeout, and says how it ended. Never throws: whatever happens in a handler is an
 * outcome. A handler that ignores its signal is not waited for.
 * @param stop aborts when the attempt is to end before its time is up
 */
export async function runAttempt(
  handler: Handler,
  payload: unknown,
  context: Omit<JobContext, "signal">,
  timeoutMs: number,
  stop?: AbortSignal,
): Promise<Outcome> {
  const parsed = await handler.input.safeParseAsync(payload);
  if (!parsed.success) {
    return { kind: "failed", error: { kind: "error", name: "InvalidPayload", message: parsed.error.message } };
  }
  const abort = new AbortController();
  const { promise: aborted, resolve } = Promise.withResolvers<"aborted">();
  const end = (reason: unknown) => {
    abort.abort(reason);
    resolve("aborted");
  };
  const tooLong = () => end(new DOMException(`the attempt took longer than ${timeoutMs} ms`, "TimeoutError"));
  const stopped = () => end(stop?.reason);
  const timer = setTimeout(tooLong, timeoutMs);
  stop?.addEventListener("abort", stopped, { once: true });
  const outcome = await Promise.race([run(handler, parsed.data, { ...context, signal: abort.signal }), aborted]);
  clearTimeout(timer);
  stop?.removeEventListener("abort", stopped);
  if (outcome !== "aborted" && (!abort.signal.aborted || outcome.kind === "succeeded")) return outcome;
  return endedEarly(abort.signal.reason);
}

function endedEarly(reason: unknown): Outcome {
  if (!(reason instanceof Stopped)) return { kind: "retry", error: describeError(reason, "timeout") };
  // One that has lost its lease can change nothing any more: its finish is refused, whatever it says.
  return { kind: reason.cancelled ? "cancelled" : "retry", error: describeError(reason, "cancelled") };
}

async function run(handler: Handler, payload: unknown, context: JobContext): Promise<Outcome> {
  try {
    return { kind: "succeeded", result: await handler.run(payload as never, context) };
  } catch (thrown) {
    const error = describeError(thrown);
    if (thrown instanceof FatalError) return { kind: "failed", error };
    if (!(thrown instanceof RetryError) || thrown.after === undefined) return { kind: "retry", error };
    return { kind: "retry", error, afterMs: durationMs(thrown.after) };
  }
}
