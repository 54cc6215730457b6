import { InvalidArgumentError } from "commander";
import { JOB_STATES } from "../../domain/job.ts";
import { connect } from "../connection.ts";
import { listJobs } from "../job-list.ts";
import { jobTable } from "../job-table.ts";
import { wholeNumber } from "../option-parsers.ts";
import { printJson } from "../terminal.ts";

const MOST_JOBS = 10000;
/** Beyond those that the limit itself takes: for filters that few jobs pass. */
const MOST_PAGES = 100;
/** `sluice jobs`: the newest jobs. */
export function addJobs(program) {
  program
    .command("jobs")
    .description("list jobs, newest first")
    .option("--state <states>", `only in these states: ${JOB_STATES.join(",")}`, parseStates)
    .option("--type <type>", "only of this type")
    .option("--queue <queue>", "only in this queue")
    .option("--limit <n>", "at most so many", wholeNumber(1, MOST_JOBS), 25)
    .action(async (_, command) => {
      const { state, type, queue, limit, json = false } = command.optsWithGlobals();
      const pages = MOST_PAGES + Math.ceil(limit / 100);
      const found = await listJobs(await connect(command), { state, type, queue }, { jobs: limit, pages });
      if (json) for (const job of found.jobs) printJson(job);
      else if (found.jobs.length > 0) console.log(jobTable(found.jobs, Date.now()));
      if (!json) console.error(foot(found.jobs.length, found.more, limit));
    });
}
function foot(count, more, limit) {
  const jobs = count === 0 ? "no jobs" : `${count} ${count === 1 ? "job" : "jobs"}`;
  if (!more) return jobs;
  return count < limit
    ? `${jobs} among the newest; older ones were not looked at`
    : `${jobs}, and there are more (--limit)`;
}
function parseStates(text) {
  const states = text.split(",").filter((state) => state !== "");
  const wrong = states.find((state) => !JOB_STATES.includes(state));
  if (wrong === undefined && states.length > 0) return states;
  throw new InvalidArgumentError(`There are ${JOB_STATES.join(", ")}.`);
}
