import type { Handler, JobContext } from "../domain/handler.ts";
import type { Outcome } from "../domain/outcome.ts";
import { inTime } from "./in-time.ts";
import { invalidPayload, thrownOutcome } from "./thrown-outcome.ts";

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
  if (!parsed.success) return invalidPayload(parsed.error);
  const { ended, early } = await inTime((signal) => run(handler, parsed.data, { ...context, signal }), timeoutMs, stop);
  if (early === null) return ended;
  return ended?.kind === "succeeded" ? ended : early;
}

async function run(handler: Handler, payload: unknown, context: JobContext): Promise<Outcome> {
  try {
    return { kind: "succeeded", result: await handler.run(payload as never, context) };
  } catch (thrown) {
    return thrownOutcome(thrown);
  }
}
