import type { Command } from "commander";
import { connect, type GlobalOptions } from "../connection.ts";
import { jobLine } from "../job-line.ts";
import { printJson } from "../terminal.ts";

/** `sluice cancel`: at once; a job that runs is asked to end. */
export function addCancel(program: Command): void {
  program
    .command("cancel")
    .description("cancel a job; one that runs is asked to end, and ends within seconds")
    .argument("<id>", "the job's id")
    .action(async (id: string, _: GlobalOptions, command: Command) => {
      const { jobs } = await connect(command);
      const job = await jobs.cancel(id);
      if (command.optsWithGlobals<GlobalOptions>().json) printJson(job);
      else console.log(jobLine(job));
    });
}
