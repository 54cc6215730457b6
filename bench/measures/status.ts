import { type LoadRequest, statusRequest } from "../contender.ts";
import type { Measure } from "../measure.ts";
import type { Trial } from "../trial.ts";

const JOBS = 100;
const CONNECTIONS = 50;
const FIRST = 500;

/** As many requests for jobs that have finished as the contender takes. */
export const status: Measure = {
  id: "status",
  take: async (trial, { seconds, isWarmUp, known }) => {
    const rate = known("status", "requests");
    const amount = isWarmUp || rate === undefined ? FIRST : Math.ceil(rate * seconds);
    const requests = await requestsFor(trial);
    const sent = await trial.send({ mode: "closed", requests, connections: CONNECTIONS, amount }, 0);
    return {
      requests: sent.acknowledged / sent.seconds,
      p50: sent.latency.p50,
      p99: sent.latency.p99,
      failed: sent.refused + sent.failed,
    };
  },
};

async function requestsFor(trial: Trial): Promise<LoadRequest[]> {
  const { contender, running } = trial;
  if (contender.isFloor === true) return [{ method: "GET", path: "/floor", headers: {} }];
  const ids = await trial.enqueue(JOBS);
  await trial.drained();
  return ids.map((id) => statusRequest(id, running.key));
}
