import { AttemptSteps } from "../consumer/attempt-steps.ts";
import { Deadlines } from "../consumer/deadlines.ts";
import { runAttempt } from "../consumer/run-attempt.ts";
import type { Handler } from "../domain/handler.ts";
import type { Outcome } from "../domain/outcome.ts";
import type { StoredStep } from "../domain/step.ts";
import { storedPayload, type TestOptions, testContext } from "./test-context.ts";

export interface RunOptions extends TestOptions {
  readonly jobId?: string;
  /** What finished steps gave, by name. Steps that finish are added: run the handler again with it, as the next attempt. */
  readonly steps?: Map<string, unknown>;
}

/**
 * Runs a handler once, as a consumer would: the payload is checked, the timeout holds, and whatever happens is an
 * outcome. Needs no Worker: neither D1 nor a queue is touched.
 */
export async function runHandler<Payload>(
  handler: Handler<string, Payload>,
  payload: Payload,
  options: RunOptions = {},
): Promise<Outcome> {
  const context = testContext(options, options.jobId);
  const steps = stepsInMemory(context.attempt, options.steps ?? new Map<string, unknown>());
  try {
    return await new Deadlines().during(handler.timeoutMs, (end) =>
      runAttempt(handler, storedPayload(payload), { ...context, step: steps.run }, end),
    );
  } finally {
    steps.end();
  }
}

function stepsInMemory(attempt: number, steps: Map<string, unknown>): AttemptSteps {
  const finished = [...steps].map(([name, result]): [string, StoredStep] => [name, [attempt, 0, result]]);
  return new AttemptSteps(attempt, new Map(finished), JSON.stringify(finished).length, async ({ name, member }) => {
    const { [name]: stored } = JSON.parse(`{${member}}`) as Record<string, StoredStep>;
    steps.set(name, stored?.[2]);
  });
}
