import { Cron } from "croner";

/**
 * A time that a schedule names by its hours ("30 2 * * *", "0 2,14 * * *") comes once a day, whatever the clocks do: in
 * the hour that does not exist it comes as soon as the clocks have jumped, in the hour that comes twice only the first
 * time. One that names steps or every hour ("*\/15 * * * *") follows real time: it skips the hour that does not exist, and
 * ticks in both of the hours that are alike.
 */
const MODE = { mode: "5-or-6-parts", fixedTimeRule: "no-wildcard", paused: true };
/** Croner counts days and months from 0 when it says what is wrong with them: it is said here. */
const RANGES = {
  second: "a second must be 0 to 59",
  minute: "a minute must be 0 to 59",
  hour: "an hour must be 0 to 23",
  day: "a day of the month must be 1 to 31",
  month: "a month must be 1 to 12, or JAN to DEC",
  dayOfWeek: "a day of the week must be 0 to 7, or SUN to SAT",
};
/** What is wrong with a cron expression, or null. */
export function cronProblem(cron) {
  const fields = cron.trim().split(/\s+/).length;
  if (fields !== 5 && fields !== 6) {
    return "must have 5 fields (minute, hour, day of month, month, day of week), or 6 with seconds before them";
  }
  try {
    parse(cron, "UTC");
    return null;
  } catch (error) {
    const message = error instanceof Error ? error.message.replace(/^CronPattern: /, "") : String(error);
    const field = /^Invalid value for (\w+):/.exec(message)?.[1];
    return (field === undefined ? undefined : RANGES[field]) ?? message;
  }
}
/** What is wrong with the name of a timezone, or null. */
export function timezoneProblem(timezone) {
  // An offset such as "+02:00" is no timezone: it knows no summer time.
  if (/^[A-Za-z]/.test(timezone) && isKnownTimezone(timezone)) return null;
  return 'must be the name of an IANA timezone, as "UTC" or "Europe/Berlin"';
}
function isKnownTimezone(timeZone) {
  try {
    return Intl.DateTimeFormat("en", { timeZone }) !== undefined;
  } catch {
    return false;
  }
}
/**
 * The first tick after a time, or null when none ever comes ("0 0 30 2 *"). Times are milliseconds since the epoch.
 * @throws Error when {@link cronProblem} or {@link timezoneProblem} has something to say
 */
export function nextTick(cron, timezone, after) {
  return parse(cron, timezone).nextRun(new Date(after))?.getTime() ?? null;
}
/** The first `count` ticks after a time; fewer when no more come. */
export function nextTicks(cron, timezone, after, count) {
  return parse(cron, timezone)
    .nextRuns(count, new Date(after))
    .map((tick) => tick.getTime());
}
/** The last tick before a time, or null when there was none. */
export function lastTick(cron, timezone, before) {
  return parse(cron, timezone).previousRuns(1, new Date(before))[0]?.getTime() ?? null;
}
function parse(cron, timezone) {
  return new Cron(cron, { ...MODE, timezone });
}
