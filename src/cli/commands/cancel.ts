import type { Command } from "commander";
import { connect, type GlobalOptions } from "../connection.ts";
import { showJob } from "../job-line.ts";

/** `sluice cancel`: at once; a job that runs is asked to end. */
export function addCancel(program: Command): void {
  program
    .command("cancel")
    .description("cancel a job; one that runs is asked to end, and ends within seconds")
    .argument("<id>", "the job's id")
    .action(async (id: string, _: GlobalOptions, command: Command) => {
      const { jobs } = await connect(command);
      await showJob(await jobs.cancel(id), command.optsWithGlobals());
    });
}
