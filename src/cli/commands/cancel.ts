import type { Command } from "commander";
import { connect, type GlobalOptions } from "../connection.ts";
import { jobLine } from "../job-line.ts";
import { printJson } from "../terminal.ts";

/** `sluice cancel`: before a job has started. */
export function addCancel(program: Command): void {
  program
    .command("cancel")
    .description("cancel a job that has not started")
    .argument("<id>", "the job's id")
    .action(async (id: string, _: GlobalOptions, command: Command) => {
      const { jobs } = await connect(command);
      const job = await jobs.cancel(id);
      if (command.optsWithGlobals<GlobalOptions>().json) printJson(job);
      else console.log(jobLine(job));
    });
}
