import type { Command } from "commander";
import { JOB_STATES, type JobState } from "../../domain/job.ts";
import { connect, type GlobalOptions } from "../connection.ts";
import { listJobs } from "../job-list.ts";
import { jobTable } from "../job-table.ts";
import { oneOrMore, wholeNumber } from "../option-parsers.ts";
import { printJson } from "../terminal.ts";

interface JobsOptions extends GlobalOptions {
  readonly state?: readonly JobState[];
  readonly type?: string;
  readonly queue?: string;
  readonly group?: string;
  readonly limit: number;
}

const MOST_JOBS = 10_000;
/** Beyond those that the limit itself takes: for filters that few jobs pass. */
const MOST_PAGES = 100;

/** `sluice jobs`: the newest jobs. */
export function addJobs(program: Command): void {
  program
    .command("jobs")
    .description("list jobs, newest first")
    .option("--state <states>", `only in these states: ${JOB_STATES.join(",")}`, oneOrMore(JOB_STATES))
    .option("--type <type>", "only of this type")
    .option("--queue <queue>", "only in this queue")
    .option("--group <id>", "only of this group")
    .option("--limit <n>", "at most so many", wholeNumber(1, MOST_JOBS), 25)
    .action(async (_: JobsOptions, command: Command) => {
      const { state, type, queue, group, limit, json = false } = command.optsWithGlobals<JobsOptions>();
      const pages = MOST_PAGES + Math.ceil(limit / 100);
      const found = await listJobs(await connect(command), { state, type, queue, group }, { jobs: limit, pages });
      if (json) for (const job of found.jobs) printJson(job);
      else if (found.jobs.length > 0) console.log(jobTable(found.jobs, Date.now()));
      if (!json) console.error(foot(found.jobs.length, found.more, limit));
    });
}

function foot(count: number, more: boolean, limit: number): string {
  const jobs = count === 0 ? "no jobs" : `${count} ${count === 1 ? "job" : "jobs"}`;
  if (!more) return jobs;
  return count < limit
    ? `${jobs} among the newest; older ones were not looked at`
    : `${jobs}, and there are more (--limit)`;
}
