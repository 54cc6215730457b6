import type { Command } from "commander";
import { isTerminal } from "../../domain/job.ts";
import type { JobView } from "../../protocol/job-view.ts";
import { SluiceError } from "../../protocol/sluice-error.ts";
import { awaitEnds } from "../await-ends.ts";
import { CliError, usageError } from "../cli-error.ts";
import { type Connection, connect, type GlobalOptions } from "../connection.ts";
import { showEnds } from "../end-progress.ts";
import { EXIT } from "../exit-code.ts";
import { followJob } from "../follow-job.ts";
import { followUnfinished } from "../follow-unfinished.ts";
import { jobLine } from "../job-line.ts";
import { showProgress } from "../job-progress.ts";
import { jobTable } from "../job-table.ts";
import { seconds } from "../option-parsers.ts";
import { ON_TERMINAL, printJson } from "../terminal.ts";
import { WatchTally } from "../watch-tally.ts";

interface WatchOptions extends GlobalOptions {
  readonly timeout?: number;
}

const MOST_IDS = 1_000;

/** `sluice watch`: these jobs until all have ended, or the tenant's until none is unfinished. */
export function addWatch(program: Command): void {
  program
    .command("watch")
    .description(
      "follow a job with its progress, or several, until all have ended; without ids, the tenant's until none is left",
    )
    .argument("[ids...]", `at most ${MOST_IDS}`)
    .option("--timeout <seconds>", "at most so long (default: without an end)", seconds)
    .action(async (ids: string[], _: WatchOptions, command: Command) => {
      const { timeout = Number.POSITIVE_INFINITY, json = false } = command.optsWithGlobals<WatchOptions>();
      if (ids.length > MOST_IDS) throw usageError(`${ids.length} ids are more than ${MOST_IDS}`);
      const connection = await connect(command);
      const [id, ...others] = new Set(ids);
      const tally = await (id === undefined
        ? watchUnfinished(connection, timeout, json)
        : others.length === 0
          ? watchOne(connection, id, timeout, json)
          : watchThese(connection, [id, ...others], timeout, json));
      if (!json) console.error(tally.text ?? "nothing has ended");
      if (tally.unfinished > 0) throw unfinished(tally.unfinished, timeout);
      process.exitCode = tally.exitCode;
    });
}

async function watchOne(connection: Connection, id: string, timeout: number, json: boolean): Promise<WatchTally> {
  const tally = new WatchTally();
  const progress = json ? { told: () => {}, stop: () => {} } : showProgress();
  let job: JobView;
  try {
    job = await followJob(connection, id, timeout, (event) => progress.told(event));
  } finally {
    progress.stop();
  }
  tally.saw(job);
  if (isTerminal(job.state)) {
    if (json) printJson(job);
    else console.log(jobLine(job));
  }
  return tally;
}

async function watchThese({ jobs }: Connection, ids: string[], timeout: number, json: boolean): Promise<WatchTally> {
  const tally = new WatchTally();
  const progress = json ? { ended: printJson, stop: () => {} } : showEnds(ids.length);
  let found: readonly JobView[] = [];
  try {
    found = await awaitEnds(jobs, ids, timeout, (job) => progress.ended(job));
  } finally {
    progress.stop();
  }
  for (const job of found) tally.saw(job);
  if (!json && ON_TERMINAL) console.log(jobTable(found, Date.now()));
  return tally;
}

async function watchUnfinished(connection: Connection, timeout: number, json: boolean): Promise<WatchTally> {
  const tally = new WatchTally();
  const noEvents = (error: unknown) => {
    const why = error instanceof SluiceError ? error.code : "unexpected";
    if (!json) console.error(`there are no live events (${why}): looking once a second instead`);
  };
  for await (const job of followUnfinished(connection, timeout, noEvents)) {
    tally.saw(job);
    if (json) printJson(job);
    else console.log(jobLine(job));
  }
  return tally;
}

function unfinished(count: number, timeout: number): CliError {
  const jobs = count === 1 ? "1 job has" : `${count} jobs have`;
  return new CliError("unfinished", `${jobs} not ended within ${timeout} s`, EXIT.unfinished);
}
