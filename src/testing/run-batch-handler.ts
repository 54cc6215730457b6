import { Deadlines } from "../consumer/deadlines.ts";
import { runBatch } from "../consumer/run-batch.ts";
import type { BatchHandler } from "../domain/batch-handler.ts";
import type { Outcome } from "../domain/outcome.ts";
import { storedPayload, type TestOptions, testContext } from "./test-context.ts";

/**
 * Runs a batch handler once with a job for each payload, as a consumer would, and gives how each ended, in their order.
 * Needs no Worker: neither D1 nor a queue is touched.
 */
export async function runBatchHandler<Payload>(
  handler: BatchHandler<string, Payload>,
  payloads: readonly Payload[],
  options: TestOptions = {},
): Promise<Outcome[]> {
  const jobs = payloads.map((payload) => ({ ...testContext(options), payload: storedPayload(payload) }));
  return new Deadlines().during(handler.timeoutMs, (end) => runBatch(handler, jobs, end));
}
