import type { Command } from "commander";
import type { EnqueueOptions } from "../../protocol/job-request.ts";
import type { JobView } from "../../protocol/job-view.ts";
import { connect, type GlobalOptions } from "../connection.ts";
import { jobDetails } from "../job-details.ts";
import { jobLine } from "../job-line.ts";
import { anyNumber } from "../option-parsers.ts";
import { readPayload } from "../payload.ts";
import { printJson } from "../terminal.ts";
import { endAfterWait, WAIT_OPTION, type Wait, waitSeconds } from "../wait-option.ts";

interface EnqueueCommandOptions extends GlobalOptions, EnqueueOptions {
  readonly wait?: Wait;
}

/** `sluice enqueue`: one job, and its end if it is waited for. */
export function addEnqueue(program: Command): void {
  program
    .command("enqueue")
    .description("enqueue a job")
    .argument("<type>", "which handler runs it")
    .argument("[payload]", "JSON, @file for a file's, or - for that of standard input")
    .option("--queue <queue>", "the lane it waits in")
    .option("--priority <n>", "0 to 9, higher first", anyNumber)
    .option("--id <uuid>", "an id of yours (UUIDv7): the same id again is the same job")
    .option("--idempotency-key <key>", "the same key again is the same job")
    .option("--max-attempts <n>", "instead of the type's own", anyNumber)
    .option(...WAIT_OPTION)
    .action(async (type: string, payload: string | undefined, _: EnqueueCommandOptions, command: Command) => {
      const { wait, json = false, url: _url, key: _key, ...options } = command.optsWithGlobals<EnqueueCommandOptions>();
      const { jobs } = await connect(command);
      const value = payload === undefined ? undefined : await readPayload(payload, process.stdin);
      const enqueued = await jobs.enqueue(type, value, options);
      if (wait === undefined) {
        if (json) printJson(enqueued);
        else console.log(jobLine(enqueued));
        return;
      }
      let job: JobView = enqueued;
      try {
        job = await jobs.wait(enqueued.id, { timeout: waitSeconds(wait) });
      } finally {
        // Even if it cannot be waited for: it is there, under this id.
        if (json) printJson(job);
        else console.log(jobDetails(job));
      }
      endAfterWait(job, wait);
    });
}
