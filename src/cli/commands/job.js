import { connect } from "../connection.ts";
import { jobDetails } from "../job-details.ts";
import { printJson } from "../terminal.ts";
import { endAfterWait, WAIT_OPTION, waitSeconds } from "../wait-option.ts";
/** `sluice job`: all of one job. */
export function addJob(program) {
  program
    .command("job")
    .description("show a job: state, times, errors, payload, result")
    .argument("<id>", "the job's id")
    .option(...WAIT_OPTION)
    .action(async (id, _, command) => {
      const { wait, json = false } = command.optsWithGlobals();
      const { jobs } = await connect(command);
      const job = wait === undefined ? await jobs.get(id) : await jobs.wait(id, { timeout: waitSeconds(wait) });
      if (json) printJson(job);
      else console.log(jobDetails(job));
      if (wait !== undefined) endAfterWait(job, wait);
    });
}
