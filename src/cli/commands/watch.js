import { awaitEnds } from "../await-ends.ts";
import { CliError, usageError } from "../cli-error.ts";
import { connect } from "../connection.ts";
import { showEnds } from "../end-progress.ts";
import { EXIT } from "../exit-code.ts";
import { followUnfinished } from "../follow-unfinished.ts";
import { jobLine } from "../job-line.ts";
import { jobTable } from "../job-table.ts";
import { seconds } from "../option-parsers.ts";
import { ON_TERMINAL, printJson } from "../terminal.ts";
import { WatchTally } from "../watch-tally.ts";

const MOST_IDS = 1000;
/** `sluice watch`: these jobs until all have ended, or the tenant's until none is unfinished. */
export function addWatch(program) {
  program
    .command("watch")
    .description("follow jobs until all have ended; without ids, the tenant's until none is unfinished")
    .argument("[ids...]", `at most ${MOST_IDS}`)
    .option("--timeout <seconds>", "at most so long (default: without an end)", seconds)
    .action(async (ids, _, command) => {
      const { timeout = Number.POSITIVE_INFINITY, json = false } = command.optsWithGlobals();
      if (ids.length > MOST_IDS) throw usageError(`${ids.length} ids are more than ${MOST_IDS}`);
      const connection = await connect(command);
      const tally = await (ids.length > 0
        ? watchThese(connection, [...new Set(ids)], timeout, json)
        : watchUnfinished(connection, timeout, json));
      if (!json) console.error(tally.text ?? "nothing has ended");
      if (tally.unfinished > 0) throw unfinished(tally.unfinished, timeout);
      process.exitCode = tally.exitCode;
    });
}
async function watchThese({ jobs }, ids, timeout, json) {
  const tally = new WatchTally();
  const progress = json ? { ended: printJson, stop: () => {} } : showEnds(ids.length);
  let found = [];
  try {
    found = await awaitEnds(jobs, ids, timeout, (job) => progress.ended(job));
  } finally {
    progress.stop();
  }
  for (const job of found) tally.saw(job);
  if (!json && ON_TERMINAL) console.log(jobTable(found, Date.now()));
  return tally;
}
async function watchUnfinished(connection, timeout, json) {
  const tally = new WatchTally();
  for await (const job of followUnfinished(connection, timeout)) {
    tally.saw(job);
    if (json) printJson(job);
    else console.log(jobLine(job));
  }
  return tally;
}
function unfinished(count, timeout) {
  const jobs = count === 1 ? "1 job has" : `${count} jobs have`;
  return new CliError("unfinished", `${jobs} not ended within ${timeout} s`, EXIT.unfinished);
}
