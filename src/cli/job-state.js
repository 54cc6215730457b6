import { colors } from "./terminal.ts";

const COLOURS = {
  scheduled: colors.dim,
  queued: colors.cyan,
  running: colors.blue,
  retrying: colors.yellow,
  succeeded: colors.green,
  failed: colors.red,
  cancelled: colors.magenta,
};
/** A state in its colour. */
export function stateText(state) {
  // A newer server may have one that is not known here.
  return (COLOURS[state] ?? String)(state);
}
