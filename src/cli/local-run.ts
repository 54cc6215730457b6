import { isTerminal } from "../domain/job.ts";
import { tenantOf } from "../protocol/api-key.ts";
import type { JobView } from "../protocol/job-view.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import { CliError } from "./cli-error.ts";
import type { Connection } from "./connection.ts";
import { copyJob } from "./copy-job.ts";
import type { Debugger } from "./debugger.ts";
import { followLog } from "./log-tail.ts";
import { sourceStack } from "./source-stack.ts";
import { startThrowaway, type ThrowawayRuntime } from "./throwaway-runtime.ts";
import type { WorkerProject } from "./worker-project.ts";

/**
 * Runs a job once by a project's own code, in a runtime of its own that is then thrown away. What the project's code
 * logs is told on stderr.
 * @param job with its payload
 * @param from where its blobs are
 * @returns the job as it has ended, with the stacks of the sources
 * @throws CliError when the runtime does not come up, or ends by itself
 * @throws SluiceError when it does not take the job
 */
export async function runLocally(
  project: WorkerProject,
  job: JobView,
  from: Connection,
  attached: Debugger | null,
): Promise<JobView> {
  const tenant = tenantOf(from.key);
  const runtime = await startThrowaway(project, {
    ...(tenant !== null && { tenant }),
    inspectorPort: attached?.inspectorPort,
  });
  try {
    const log = await followLog(runtime.log);
    try {
      await attached?.ready();
      const ended = await Promise.race([attempt(job, from, runtime, attached !== null), diedWith(runtime)]);
      return withSources(ended, project.dir);
    } finally {
      await log.stop();
    }
  } finally {
    await runtime.remove();
  }
}

async function attempt(
  job: JobView,
  from: Connection,
  { connection }: ThrowawayRuntime,
  patient: boolean,
): Promise<JobView> {
  const { id } = await copyJob(job, from, connection);
  for (;;) {
    try {
      const seen = await connection.jobs.wait(id);
      if (isTerminal(seen.state)) return seen;
    } catch (error) {
      // A Worker that is stopped at a breakpoint answers nobody.
      if (!(patient && error instanceof SluiceError && error.code === "network_error")) throw error;
    }
  }
}

async function diedWith({ ended }: ThrowawayRuntime): Promise<never> {
  await ended;
  throw new CliError("wrangler", "wrangler dev has ended by itself");
}

function withSources(job: JobView, dir: string): JobView {
  const errors = job.errors.map((error) =>
    error.stack === undefined ? error : { ...error, stack: sourceStack(error.stack, dir) },
  );
  return { ...job, errors };
}
