import { z } from "zod";

const MOST_EVENTS = 100;
const LONGEST_EVENT = 200;

/** Which events a route takes: names, and beginnings such as `pull_request.*`. None: all, also those without a name. */
export const eventFilterSchema = z
  .array(
    z
      .string()
      .max(LONGEST_EVENT)
      .regex(/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/, "must be printable ASCII, and no space around it")
      .regex(/^[^*]*\*?$/, 'may have "*" only at its end, as in "invoice.*"'),
  )
  .max(MOST_EVENTS);

/** Whether a filter takes an event. */
export function takesEvent(filter: readonly string[], event: string | null): boolean {
  if (filter.length === 0) return true;
  if (event === null) return false;
  return filter.some((one) => (one.endsWith("*") ? event.startsWith(one.slice(0, -1)) : event === one));
}
