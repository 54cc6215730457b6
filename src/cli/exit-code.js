/** What the program ends with: scripts depend on these, so they never change their meaning. */
export const EXIT = {
  done: 0,
  /** The API refused, or something went wrong. */
  error: 1,
  /** Wrong usage: nothing was sent. */
  usage: 2,
  /** A job that was waited for ended `failed` or `cancelled`. */
  jobFailed: 3,
  /** Not finished within the wait. */
  unfinished: 4,
  /** The API could not be reached, or stayed unavailable. */
  unavailable: 5,
};
/** What to end with after waiting for this job. */
export function exitCodeAfter({ state }) {
  if (state === "succeeded") return EXIT.done;
  return state === "failed" || state === "cancelled" ? EXIT.jobFailed : EXIT.unfinished;
}
