import { Presets, SingleBar } from "cli-progress";
import { isTerminal } from "../domain/job.ts";
import type { JobEvent } from "../protocol/live-event-view.ts";
import { stateText } from "./job-state.ts";
import { printableLine } from "./printable.ts";
import { colors, ON_TERMINAL } from "./terminal.ts";

const WIDTH = 30;
const MOST_MESSAGE = 80;

/** What happens to one job: a bar on a terminal, a line for each event elsewhere. */
export interface JobProgress {
  told(event: JobEvent): void;
  stop(): void;
}

export function showProgress(): JobProgress {
  if (!ON_TERMINAL) return { told: printLine, stop: () => {} };
  const options = { format: `{bar} {percentage} % {note}`, barsize: WIDTH, clearOnComplete: true, gracefulExit: false };
  const bar = new SingleBar(options, Presets.shades_classic);
  bar.start(100, 0, { note: "" });
  return {
    told: (event) => bar.update(percentOf(event) ?? 0, { note: noteOn(event) }),
    stop: () => bar.stop(),
  };
}

// The end is told with all that is known of it.
function printLine(event: JobEvent): void {
  if (!isTerminal(event.state)) {
    console.log(`${colors.dim("…")} ${event.id}  ${printableLine(event.type)}  ${noteOn(event)}`);
  }
}

function noteOn(event: JobEvent): string {
  const percent = percentOf(event);
  return [
    stateText(event.state),
    ...(event.attempt > 1 ? [`attempt ${event.attempt}`] : []),
    ...(percent === null || ON_TERMINAL ? [] : [`${percent} %`]),
    ...(event.progress?.message ? [printableLine(event.progress.message, MOST_MESSAGE)] : []),
    ...(event.error === null ? [] : [colors.dim(printableLine(event.error, MOST_MESSAGE))]),
  ].join("  ");
}

function percentOf({ progress }: JobEvent): number | null {
  return progress === null ? null : Math.round(progress.fraction * 100);
}
