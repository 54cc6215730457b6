import { type CancelReason, isTerminal } from "../../domain/job.ts";
import type { JobView } from "../../protocol/job-view.ts";
import { readJob } from "../data/jobs.ts";
import { usePolled } from "../data/polled.ts";
import { briefDuration } from "../model/brief.ts";
import { Ago, Clock } from "../parts/age.tsx";
import { JobActions } from "../parts/job-actions.tsx";
import { JobContent } from "../parts/job-content.tsx";
import { JobLog } from "../parts/job-log.tsx";
import { Loaded } from "../parts/outcome.tsx";
import { Related } from "../parts/related.tsx";
import { StateBadge } from "../parts/state-badge.tsx";
import { Timeline } from "../parts/timeline.tsx";
import { WhyItWaits } from "../parts/why-it-waits.tsx";
import { addressOf } from "../router.ts";

const EVERY_MS = 1_000;
const CANCELLED: Record<CancelReason, string> = {
  requested: "on request",
  expired: "nobody started it in time",
  group_stopped: "its group was stopped",
};

/** One job: what became of it, and why it waits. */
export function Job({ id }: { id: string }) {
  const job = usePolled(`job ${id}`, () => readJob(id), {
    everyMs: EVERY_MS,
    follows: { jobId: id, changesWith: ({ event }) => event !== "job.progress" },
  });
  return <Loaded of={job}>{(view) => <Shown job={view} refresh={job.refresh} />}</Loaded>;
}

function Shown({ job, refresh }: { job: JobView; refresh: () => Promise<void> }) {
  return (
    <>
      <div class="row spread">
        <div class="row">
          <h1>{job.type}</h1>
          <StateBadge state={job.state} />
        </div>
        <JobActions job={job} refresh={refresh} />
      </div>
      {!isTerminal(job.state) && <WhyItWaits job={job} />}
      <div class="columns">
        <div class="stack">
          {job.state === "succeeded" && <JobContent title="Result" value={job.result ?? null} />}
          <JobLog job={job} />
          <JobContent title="Payload" value={job.payload ?? null} />
        </div>
        <div class="stack">
          <section class="card" aria-labelledby="facts">
            <div class="card-head">
              <h2 id="facts">Job</h2>
            </div>
            <div class="card-body">
              <Facts job={job} />
            </div>
          </section>
          <section class="card" aria-labelledby="timeline">
            <div class="card-head">
              <h2 id="timeline">Timeline</h2>
              <span class="muted small">{totalText(job)}</span>
            </div>
            <div class="card-body">
              <Timeline job={job} />
            </div>
          </section>
        </div>
      </div>
    </>
  );
}

function Facts({ job }: { job: JobView }) {
  return (
    <dl class="facts">
      <dt>Id</dt>
      <dd class="mono">{job.id}</dd>
      <dt>Queue</dt>
      <dd>
        <a href={addressOf("/jobs", { queue: job.queue })}>{job.queue}</a>
      </dd>
      <dt>Priority</dt>
      <dd>{job.priority}</dd>
      <dt>Attempts</dt>
      <dd>
        {job.attempt} of {job.maxAttempts}
      </dd>
      <dt>Enqueued</dt>
      <dd>
        <Ago at={job.createdAt} />
      </dd>
      {job.expiresAt !== null && (
        <>
          <dt>Expires</dt>
          <dd>
            <Clock at={job.expiresAt} />
          </dd>
        </>
      )}
      {job.cancelReason !== null && (
        <>
          <dt>Cancelled</dt>
          <dd>{CANCELLED[job.cancelReason]}</dd>
        </>
      )}
      <Related name="Replay of" path="/jobs" id={job.replayOf} />
      <Related name="Group" path="/groups" id={job.groupId} />
      <Related name="After" path="/jobs" id={job.parentId} />
      <Related name="Then" path="/jobs" id={job.nextJobId} />
    </dl>
  );
}

function totalText({ createdAt, finishedAt }: JobView): string {
  return finishedAt === null ? "" : `${briefDuration(Date.parse(finishedAt) - Date.parse(createdAt))} in all`;
}
