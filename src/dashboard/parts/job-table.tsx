import { isTerminal } from "../../domain/job.ts";
import type { JobView } from "../../protocol/job-view.ts";
import { briefDuration } from "../model/brief.ts";
import { errorText } from "../model/failure-groups.ts";
import { addressOf } from "../router.ts";
import { Ago, Until } from "./age.tsx";
import { StateBadge } from "./state-badge.tsx";

/** Jobs in lines. */
export function JobTable({ jobs }: { jobs: readonly JobView[] }) {
  return (
    <table class="table table-compact">
      <thead>
        <tr>
          <th>Job</th>
          <th>State</th>
          <th class="num">Tries</th>
          <th>Queue</th>
          <th>Enqueued</th>
          <th>Ran</th>
        </tr>
      </thead>
      <tbody>
        {jobs.map((job) => (
          <tr key={job.id}>
            <td class="lead">
              <a class="mono nowrap" href={addressOf(`/jobs/${job.id}`)} title={job.id} data-row>
                {shortId(job.id)}
              </a>{" "}
              <strong>{job.type}</strong>
              {job.errors.length > 0 && job.state !== "succeeded" && (
                <span class="clip muted small">{errorText(job)}</span>
              )}
            </td>
            <td data-label="State">
              <StateBadge state={job.state} />
            </td>
            <td class="num" data-label="Tries">
              {job.attempt}/{job.maxAttempts}
            </td>
            <td class="wide" data-label="Queue">
              <a href={addressOf("/jobs", { queue: job.queue })}>{job.queue}</a>
            </td>
            <td class="muted" data-label="Enqueued">
              <Ago at={job.createdAt} />
            </td>
            <td class="muted nowrap" data-label="Ran">
              <Ran job={job} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The end of a job's id, by which people tell jobs apart: its beginning is the time. */
export function shortId(id: string): string {
  return `…${id.slice(-8)}`;
}

function Ran({ job: { state, startedAt, finishedAt, dueAt } }: { job: JobView }) {
  if (isTerminal(state) && startedAt !== null && finishedAt !== null) {
    return <>{briefDuration(Date.parse(finishedAt) - Date.parse(startedAt))}</>;
  }
  if (dueAt !== null) {
    return (
      <span>
        due <Until at={dueAt} />
      </span>
    );
  }
  return state === "running" && startedAt !== null ? (
    <span>
      started <Ago at={startedAt} />
    </span>
  ) : (
    <>–</>
  );
}
