import { durationMs } from "../domain/duration.ts";
import { describeError, FatalError, type Outcome, RetryError } from "../domain/outcome.ts";

/** How an attempt ends by what its handler has thrown. Never throws. */
export function thrownOutcome(thrown: unknown): Exclude<Outcome, { kind: "succeeded" }> {
  const error = describeError(thrown);
  if (thrown instanceof FatalError) return { kind: "failed", error };
  if (!(thrown instanceof RetryError) || thrown.after === undefined) return { kind: "retry", error };
  try {
    return { kind: "retry", error, afterMs: durationMs(thrown.after) };
  } catch (invalid) {
    return { kind: "retry", error: describeError(invalid) };
  }
}

/** How an attempt ends whose payload its handler does not take. */
export function invalidPayload(problem: Error): Outcome {
  return { kind: "failed", error: { kind: "error", name: "InvalidPayload", message: problem.message } };
}
