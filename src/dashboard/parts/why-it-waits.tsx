import type { JobView } from "../../protocol/job-view.ts";
import { now } from "../data/clock.ts";
import { readQueueOf } from "../data/jobs.ts";
import { usePolled } from "../data/polled.ts";
import { whyItWaits } from "../model/why-waits.ts";
import { addressOf } from "../router.ts";

const EVERY_MS = 5_000;

/** Why a job has not ended yet, and where that can be changed. */
export function WhyItWaits({ job }: { job: JobView }) {
  const queue = usePolled(`queue of ${job.id}`, () => readQueueOf(job), EVERY_MS);
  const why = whyItWaits(job, queue.data, now.value);
  if (why === null) return null;
  return (
    <p class="card why row spread" data-state={job.state}>
      <span>{why}</span>
      {job.state === "queued" && queue.data?.settings && <a href={addressOf("/queues")}>Change the limits</a>}
    </p>
  );
}
