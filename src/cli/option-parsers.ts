import { InvalidArgumentError } from "commander";
import { type Duration, durationMs } from "../domain/duration.ts";

/** The parser of an option that is a whole number. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

/** A day: whoever waits longer asks again. */
const LONGEST_SECONDS = 86_400;

/**
 * An option in seconds, which may have a fraction.
 * @throws InvalidArgumentError when it is none, or more than a day
 */
export function seconds(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value <= LONGEST_SECONDS) return value;
  throw new InvalidArgumentError(`It must be seconds, at most ${LONGEST_SECONDS}.`);
}

/** The parser of an option that is a whole number, of which the API says what is allowed. */
export const anyNumber = wholeNumber(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);

/** The parser of an option that is some of these values, separated by commas. */
export function oneOrMore<const Value extends string>(values: readonly Value[]): (text: string) => Value[] {
  return (text) => {
    const given = commaList(text);
    const known = values.filter((value) => given.includes(value));
    if (known.length > 0 && known.length === new Set(given).size) return known;
    throw new InvalidArgumentError(`There are ${values.join(", ")}.`);
  };
}

/** Several, separated by commas. */
export function commaList(text: string): string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

/**
 * A length of time: seconds, or as "90s", "5m", "2h", "7d".
 * @throws InvalidArgumentError when it is none
 */
export function duration(text: string): Duration {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : (text as Duration);
  try {
    durationMs(value);
    return value;
  } catch {
    throw new InvalidArgumentError('It must be seconds, or as "90s", "5m", "2h", "7d".');
  }
}

/**
 * A moment: ISO 8601 with its offset, or how long ago that was.
 * @returns ISO 8601
 * @throws InvalidArgumentError when it is neither
 */
export function momentAgo(text: string): string {
  if (/^\d{4}-\d\d-\d\dT.+(Z|[+-]\d\d:\d\d)$/i.test(text) && !Number.isNaN(Date.parse(text))) return text;
  try {
    return new Date(Date.now() - durationMs(text as Duration)).toISOString();
  } catch {
    throw new InvalidArgumentError('It must be as "2027-01-31T09:00:00Z", or how long ago: "2h", "7d".');
  }
}
