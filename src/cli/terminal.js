import { isatty } from "node:tty";
import pc from "picocolors";
/** Whether somebody sees what is printed, as it is printed. */
export const ON_TERMINAL = isatty(1);
/** Colours where somebody sees them: picocolors by itself would also colour what a CI pipes or keeps. */
export const colors = pc.createColors(ON_TERMINAL && pc.isColorSupported);
/** One JSON object, in a line of its own. */
export function printJson(value) {
  console.log(JSON.stringify(value));
}
