import type { JobView } from "../../protocol/job-view.ts";
import { now } from "../data/clock.ts";
import { readQueueOf } from "../data/jobs.ts";
import { usePolled } from "../data/polled.ts";
import { useProgress } from "../data/progress.ts";
import { whyItWaits } from "../model/why-waits.ts";
import { addressOf } from "../router.ts";
import { ProgressBar } from "./progress-bar.tsx";

const EVERY_MS = 5_000;

/** Why a job has not ended yet, and how far it has come. */
export function WhyItWaits({ job }: { job: JobView }) {
  const progress = useProgress(job.id);
  return (
    <section class="card why stack-tight" data-state={job.state} aria-label="Why it has not ended">
      {job.state === "queued" ? <ForRoom job={job} /> : <p>{whyItWaits(job, null, now.value)}</p>}
      {job.state === "running" && progress !== null && (
        <ProgressBar label="Progress" done={Math.round(progress.fraction * 100)} of={100}>
          {Math.round(progress.fraction * 100)} %{progress.message !== null && ` · ${progress.message}`}
        </ProgressBar>
      )}
    </section>
  );
}

function ForRoom({ job }: { job: JobView }) {
  const queue = usePolled(`queue of ${job.id}`, () => readQueueOf(job), { everyMs: EVERY_MS });
  return (
    <p class="row spread">
      <span>{whyItWaits(job, queue.data, now.value)}</span>
      {queue.data?.settings && <a href={addressOf("/queues")}>Change the limits</a>}
    </p>
  );
}
