import { connect } from "../connection.ts";
import { jobLine } from "../job-line.ts";
import { printJson } from "../terminal.ts";
/** `sluice cancel`: at once; a job that runs is asked to end. */
export function addCancel(program) {
  program
    .command("cancel")
    .description("cancel a job; one that runs is asked to end, and ends within seconds")
    .argument("<id>", "the job's id")
    .action(async (id, _, command) => {
      const { jobs } = await connect(command);
      const job = await jobs.cancel(id);
      if (command.optsWithGlobals().json) printJson(job);
      else console.log(jobLine(job));
    });
}
