import { z } from "zod";
import { durationMs } from "../domain/duration.ts";
import { defineHandler } from "../domain/handler.ts";
import { durationSchema } from "../protocol/duration-schema.ts";
import { openReadings, type ReadingsDatabase } from "./readings-database.ts";
import { PAGE_END, ROLL_UP } from "./rollup-sql.ts";
import { dividesDay, windowStart } from "./window.ts";

/** Finer windows in one. */
const MOST_FINER = 120;
/** Series of a finer window that a page reads at most. */
const PAGE_SERIES = 500;
/** Pages in one run: what is left is another job. */
const MOST_PAGES = 200;

const width = durationSchema({ leastMs: 1_000, mostMs: 86_400_000, message: "must be 1 second to 1 day" })
  .transform(durationMs)
  .refine(dividesDay, "must divide a day");

const input = z
  .strictObject({
    /** The width of the windows that are read, as `events.ingest` or another rollup writes them. */
    from: width,
    /** The width of the windows that are written: a multiple of `from`. */
    to: width,
    /** So many windows are computed: the one of `until`, and those before it. */
    last: z.int().min(1).max(1_000).default(3),
    /** Milliseconds since the epoch; default now. */
    until: z.int().min(0).optional(),
    /** Where a run before this one has stopped. */
    after: z.strictObject({ start: z.int(), series: z.string() }).optional(),
  })
  .superRefine(({ from, to }, context) => {
    if (to > from && to % from === 0 && to / from <= MOST_FINER) return;
    const message = `must be 2 to ${MOST_FINER} times "from"`;
    context.addIssue({ code: "custom", path: ["to"], message });
  });

/**
 * Computes coarser windows from finer ones, again and again the last ones, so that readings that come late are in them.
 * It replaces what was there, so that running twice changes nothing.
 */
export function eventsRollup({ database }: { readonly database: ReadingsDatabase }) {
  return defineHandler({
    type: "events.rollup",
    input,
    timeout: "5m",
    run: async ({ from, to, last, until = Date.now(), after }, { tenantId, signal, enqueue }) => {
      const db = openReadings(database);
      const newest = windowStart(until, to);
      let { start, series } = after ?? { start: newest - (last - 1) * to, series: "" };
      let written = 0;
      for (let page = 0; start <= newest; page++) {
        if (page === MOST_PAGES) {
          await enqueue("events.rollup", { from: from / 1_000, to: to / 1_000, last, until, after: { start, series } });
          break;
        }
        signal.throwIfAborted();
        const finer = JSON.stringify(Array.from({ length: to / from }, (_, n) => start + n * from));
        const at = [tenantId, from, finer, series] as const;
        const end = await db
          .prepare(PAGE_END)
          .bind(...at, PAGE_SERIES - 1)
          .first<string>("series");
        const { meta } = await db
          .prepare(ROLL_UP)
          .bind(...at, end, to, start)
          .run();
        written += meta.changes;
        series = end ?? "";
        if (end === null) start += to;
      }
      return { written };
    },
  });
}
