import type { Figures, Measure, MeasureContext } from "../measure.ts";
import type { Trial } from "../trial.ts";

interface Setting {
  readonly id: string;
  readonly jobs: number;
  readonly connections: number;
  /** Requests of the warm-up. */
  readonly first: number;
}

const LEAST_REQUESTS = 10;
/** How much longer than the load the drain may take. */
const PATIENCE = 2;

/** As many requests of one job as the contender takes. */
export const single: Measure = throughput({ id: "single", jobs: 1, connections: 50, first: 500 });

/** As many requests of 100 jobs as the contender takes. */
export const batch: Measure = throughput({ id: "batch", jobs: 100, connections: 10, first: 10 });

function throughput(setting: Setting): Measure {
  return { id: setting.id, take: (trial, context) => measure(setting, trial, context) };
}

async function measure(
  { id, jobs, connections, first }: Setting,
  trial: Trial,
  { seconds, isWarmUp, known }: MeasureContext,
): Promise<Figures> {
  // So many that the load lasts as long as it should, and the drain of those who finish slowly not much longer.
  const rates = [known(id, "acknowledged"), (known(id, "finished") ?? Number.POSITIVE_INFINITY) * PATIENCE];
  const rate = Math.min(...rates.map((one) => one ?? Number.POSITIVE_INFINITY));
  const amount = isWarmUp || !Number.isFinite(rate) ? first : Math.max(LEAST_REQUESTS, (rate * seconds) / jobs);
  const requests = [trial.enqueueRequest(jobs)];
  const sent = await trial.send({ mode: "closed", requests, connections, amount: Math.ceil(amount) }, jobs);
  const drained = await trial.drained();
  const added = sent.acknowledged * jobs;
  const took = Math.max(sent.seconds, (drained.lastAt - sent.startedAt) / 1_000);
  return {
    acknowledged: added / sent.seconds,
    p50: sent.latency.p50,
    p99: sent.latency.p99,
    ...(trial.contender.isFloor !== true && { finished: added / took }),
    failed: sent.refused + sent.failed,
  };
}
