import type { JobView } from "../protocol/job-view.ts";
import type { Show } from "./item-view.ts";
import { stateText } from "./job-state.ts";
import { runText } from "./job-table.ts";
import { printableLine } from "./printable.ts";
import { colors, printJson } from "./terminal.ts";

const MOST_ERROR = 80;
const MARKS: Readonly<Record<string, string>> = {
  succeeded: colors.green("✔"),
  failed: colors.red("✘"),
  cancelled: colors.magenta("✘"),
};

/** How a job is by now, in a line. */
export function jobLine(job: JobView): string {
  const mark = MARKS[job.state] ?? colors.dim("…");
  return `${mark} ${job.id}  ${printableLine(job.type)}  ${stateText(job.state)}${noteOn(job)}`;
}

/** A job that a command has made or changed. */
export const showJob: Show<JobView> = (job, { json }) => {
  if (json) printJson(job);
  else console.log(jobLine(job));
};

function noteOn(job: JobView): string {
  const tries = job.attempt > 1 ? `  attempt ${job.attempt}` : "";
  const ran = job.finishedAt === null || job.startedAt === null ? "" : `  ${runText(job)}`;
  const error = job.state === "succeeded" ? "" : printableLine(job.errors.at(-1)?.message ?? "", MOST_ERROR);
  return tries + ran + (error === "" ? "" : `  ${colors.dim(error)}`);
}
