import { CliError } from "./cli-error.ts";
import { EXIT, exitCodeAfter } from "./exit-code.ts";
import { seconds } from "./option-parsers.ts";

/** Of `--wait` alone, in seconds: as long as the typed client waits. */
const DEFAULT_WAIT = 30;
/** The option as commander takes it: what it is called, what it says in the help, and its parser. */
export const WAIT_OPTION = [
  "--wait [seconds]",
  `until the job has ended, at most so long (default: ${DEFAULT_WAIT})`,
  seconds,
];
/** How long to wait, in seconds. */
export function waitSeconds(wait) {
  return wait === true ? DEFAULT_WAIT : wait;
}
/**
 * Sets the exit code by how a job is after the wait.
 * @throws CliError when it has not finished
 */
export function endAfterWait(job, wait) {
  const exitCode = exitCodeAfter(job);
  if (exitCode === EXIT.unfinished) {
    throw new CliError("unfinished", `job ${job.id} is ${job.state} after ${waitSeconds(wait)} s`, exitCode);
  }
  process.exitCode = exitCode;
}
