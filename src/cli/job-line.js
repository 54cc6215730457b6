import { stateText } from "./job-state.ts";
import { runText } from "./job-table.ts";
import { printableLine } from "./printable.ts";
import { colors } from "./terminal.ts";

const MOST_ERROR = 80;
const MARKS = {
  succeeded: colors.green("✔"),
  failed: colors.red("✘"),
  cancelled: colors.magenta("✘"),
};
/** How a job is by now, in a line. */
export function jobLine(job) {
  const mark = MARKS[job.state] ?? colors.dim("…");
  return `${mark} ${job.id}  ${printableLine(job.type)}  ${stateText(job.state)}${noteOn(job)}`;
}
function noteOn(job) {
  const tries = job.attempt > 1 ? `  attempt ${job.attempt}` : "";
  const ran = job.finishedAt === null || job.startedAt === null ? "" : `  ${runText(job)}`;
  const error = job.state === "succeeded" ? "" : printableLine(job.errors.at(-1)?.message ?? "", MOST_ERROR);
  return tries + ran + (error === "" ? "" : `  ${colors.dim(error)}`);
}
