import { Presets, SingleBar } from "cli-progress";
import { jobLine } from "./job-line.ts";
import { ON_TERMINAL } from "./terminal.ts";

const WIDTH = 30;
/** @param total how many are waited for */
export function showEnds(total) {
  if (!ON_TERMINAL) return { ended: (job) => console.log(jobLine(job)), stop: () => {} };
  const format = `{bar} {value}/{total} ended`;
  const options = { format, barsize: WIDTH, linewrap: true, clearOnComplete: true, gracefulExit: false };
  const bar = new SingleBar(options, Presets.shades_classic);
  bar.start(total, 0);
  return { ended: () => bar.increment(), stop: () => bar.stop() };
}
