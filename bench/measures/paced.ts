import { type Figures, type Measure, type MeasureContext, percentile } from "../measure.ts";
import type { Trial } from "../trial.ts";

/** Requests a second that are far below what any contender can take. */
const LOW_RATE = 40;
const LEAST_RATE = 20;

/** Latencies when little goes on. */
export const low: Measure = { id: "low", take: (trial, context) => paced(trial, LOW_RATE, context) };

/** Latencies at half of what the contender finishes at most, one job to a request. */
export const half: Measure = {
  id: "half",
  take: async (trial, context) => {
    const most = context.known("single", "finished") ?? context.known("single", "acknowledged");
    return paced(trial, Math.max(LEAST_RATE, (most ?? 0) / 2), context);
  },
};

async function paced(trial: Trial, rate: number, { seconds }: MeasureContext): Promise<Figures> {
  const sent = await trial.send({ mode: "open", requests: [trial.enqueueRequest(1)], rate, seconds }, 1);
  const request = { rate, p50: sent.latency.p50, p99: sent.latency.p99, failed: sent.refused + sent.failed };
  if (trial.contender.isFloor === true) return request;
  const { latencies } = await trial.drained();
  return { ...request, endToEndP50: percentile(latencies, 0.5), endToEndP99: percentile(latencies, 0.99) };
}
