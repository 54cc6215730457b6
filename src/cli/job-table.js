import { durationText, elapsedMs } from "./duration-text.ts";
import { stateText } from "./job-state.ts";
import { plainTable } from "./plain-table.ts";
import { printableLine } from "./printable.ts";

const COLUMNS = [
  { head: "JOB" },
  { head: "TYPE" },
  { head: "QUEUE" },
  { head: "STATE" },
  { head: "TRIES", align: "right" },
  { head: "AGE", align: "right" },
  { head: "RUN", align: "right" },
  { head: "LAST ERROR" },
];
const MOST_TYPE = 30;
const MOST_QUEUE = 20;
const MOST_ERROR = 60;
/**
 * Jobs, one to a line.
 * @param now milliseconds since the epoch, from which ages are counted
 */
export function jobTable(jobs, now) {
  return plainTable(
    COLUMNS,
    jobs.map((job) => [
      job.id,
      printableLine(job.type, MOST_TYPE),
      printableLine(job.queue, MOST_QUEUE),
      stateText(job.state),
      `${job.attempt}/${job.maxAttempts}`,
      durationText(now - Date.parse(job.createdAt)),
      runText(job),
      printableLine(job.errors.at(-1)?.message ?? "", MOST_ERROR),
    ]),
  );
}
/** How long the last attempt of a job ran. */
export function runText({ startedAt, finishedAt }) {
  const ms = elapsedMs(startedAt, finishedAt);
  return ms === null ? "–" : durationText(ms);
}
