import { InvalidArgumentError } from "commander";
/** The parser of an option that is a whole number. */
export function wholeNumber(least, most) {
  return (text) => {
    const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}
/** A day: whoever waits longer asks again. */
const LONGEST_SECONDS = 86400;
/**
 * An option in seconds, which may have a fraction.
 * @throws InvalidArgumentError when it is none, or more than a day
 */
export function seconds(text) {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value <= LONGEST_SECONDS) return value;
  throw new InvalidArgumentError(`It must be seconds, at most ${LONGEST_SECONDS}.`);
}
