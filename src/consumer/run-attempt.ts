import type { Handler, JobContext } from "../domain/handler.ts";
import type { Outcome } from "../domain/outcome.ts";
import type { EarlyEnd } from "./early-end.ts";
import { invalidPayload, thrownOutcome } from "./thrown-outcome.ts";
import { untilEnd } from "./until-end.ts";

/**
 * Runs a handler once, and says how it ended. Never throws: whatever happens in a handler is an outcome. A handler that
 * ignores its signal is not waited for.
 * @param end comes when the attempt is to end, since its time is up or it is not to go on
 */
export async function runAttempt(
  handler: Handler,
  payload: unknown,
  context: Omit<JobContext, "signal">,
  end: EarlyEnd,
): Promise<Outcome> {
  const parsed = await handler.input.safeParseAsync(payload);
  if (!parsed.success) return invalidPayload(parsed.error);
  const signalled = (early: EarlyEnd): JobContext => ({
    ...context,
    get signal() {
      return early.signal;
    },
  });
  const { ended, early } = await untilEnd((told) => run(handler, parsed.data, signalled(told)), end);
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
