import { durationMs } from "../domain/duration.ts";
import type { Handler, JobContext } from "../domain/handler.ts";
import { describeError, FatalError, type Outcome, RetryError } from "../domain/outcome.ts";

/**
 * Runs a handler once under a timeout, and says how it ended. Never throws: whatever happens in a handler is an
 * outcome. A handler that ignores its signal is not waited for.
 */
export async function runAttempt(
  handler: Handler,
  payload: unknown,
  context: Omit<JobContext, "signal">,
  timeoutMs: number,
): Promise<Outcome> {
  const parsed = await handler.input.safeParseAsync(payload);
  if (!parsed.success) {
    return { kind: "failed", error: { kind: "error", name: "InvalidPayload", message: parsed.error.message } };
  }
  const abort = new AbortController();
  const { promise: timedOut, resolve } = Promise.withResolvers<"timed out">();
  const timer = setTimeout(() => {
    abort.abort(new DOMException(`the attempt took longer than ${timeoutMs} ms`, "TimeoutError"));
    resolve("timed out");
  }, timeoutMs);
  const outcome = await Promise.race([run(handler, parsed.data, { ...context, signal: abort.signal }), timedOut]);
  clearTimeout(timer);
  if (outcome === "timed out" || (abort.signal.aborted && outcome.kind !== "succeeded")) {
    return { kind: "retry", error: describeError(abort.signal.reason, "timeout") };
  }
  return outcome;
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
