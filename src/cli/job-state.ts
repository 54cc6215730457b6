import type { JobState } from "../domain/job.ts";
import { colors } from "./terminal.ts";

const COLOURS: Readonly<Record<JobState, (text: string) => string>> = {
  scheduled: colors.dim,
  queued: colors.cyan,
  running: colors.blue,
  retrying: colors.yellow,
  succeeded: colors.green,
  failed: colors.red,
  cancelled: colors.magenta,
};

/** A state in its colour. */
export function stateText(state: JobState): string {
  // A newer server may have one that is not known here.
  return (COLOURS[state] ?? String)(state);
}
