import type { Command } from "commander";
import { connect, type GlobalOptions } from "../connection.ts";
import { showJob } from "../job-line.ts";

/** `sluice replay`: a finished job once more. */
export function addReplay(program: Command): void {
  program
    .command("replay")
    .description("enqueue a new job that repeats a finished one (many at once: sluice replays)")
    .argument("<id>", "the job's id")
    .action(async (id: string, _: GlobalOptions, command: Command) => {
      const { jobs } = await connect(command);
      await showJob(await jobs.replay(id), command.optsWithGlobals());
    });
}
