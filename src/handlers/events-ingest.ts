import type { z } from "zod";
import { type BatchHandler, type BatchJob, defineBatchHandler } from "../domain/batch-handler.ts";
import { type Duration, durationMs } from "../domain/duration.ts";
import { COUNT_READINGS, FORGET_JOBS, REMEMBER_JOBS } from "./ingest-sql.ts";
import { type Reading, readingsInput } from "./reading.ts";
import { openReadings, type ReadingsDatabase } from "./readings-database.ts";
import { windowMs } from "./window.ts";

export interface EventsIngestOptions<Type extends string> {
  /** With the tables of docs/ingest.md. */
  readonly database: ReadingsDatabase;
  /** Default "1m". */
  readonly window?: Duration;
  /** How long it is known which jobs were counted: longer than a job can wait for its next attempt. Default "7d". */
  readonly keep?: Duration;
  /** Default "events.ingest". */
  readonly type?: Type;
  /** Jobs that share a transaction at most. Default 500. */
  readonly maxBatch?: number;
}

/** The jobs that one transaction counts: id, time of the first reading, and all readings as the statements take them. */
type Row = readonly [
  at: number,
  id: string,
  readings: readonly (readonly [series: string, at: number, value: number])[],
];

/** In one statement: below the 2 MB that D1 takes, however long names and ids are. */
const MOST_READINGS = 1_000;
/** A job may wait so long for its next attempt. */
const LEAST_KEEP_MS = 3_600_000;

/**
 * Counts readings into windows of their series: `count`, `sum`, `min`, `max` and `last`. The ids of the jobs that are
 * counted are stored in the same transaction, so that a job that runs again is not counted again.
 * @throws RangeError when an option is out of its range
 */
export function eventsIngest<Type extends string = "events.ingest">({
  database,
  window = "1m",
  keep = "7d",
  type = "events.ingest" as Type,
  maxBatch = 500,
}: EventsIngestOptions<Type>): BatchHandler<Type, z.input<typeof readingsInput>, null> {
  const width = windowMs(window);
  const keepMs = durationMs(keep);
  if (keepMs < LEAST_KEEP_MS) throw new RangeError(`${type}: keep must be at least "1h"`);
  return defineBatchHandler({
    type,
    input: readingsInput,
    maxBatch,
    // Readings are not made a second time: an outage of minutes must not fail their jobs.
    retry: { maxAttempts: 10 },
    run: async (jobs, { tenantId, signal }): Promise<void> => {
      const db = openReadings(database);
      const now = Date.now();
      for (const rows of slices(type, jobs)) {
        signal.throwIfAborted();
        const json = JSON.stringify(rows);
        await db.batch([
          db.prepare(COUNT_READINGS).bind(tenantId, width, json),
          db.prepare(REMEMBER_JOBS).bind(tenantId, json, now),
          db.prepare(FORGET_JOBS).bind(tenantId, now - keepMs, 2 * rows.length),
        ]);
      }
    },
  });
}

function slices(type: string, jobs: readonly BatchJob<z.output<typeof readingsInput>>[]): Row[][] {
  // Two jobs that bring the same are one: the statements look only at what was there before them.
  const rows = new Map(
    jobs.map(({ jobId, payload: { id: given, readings } }) => {
      const id = given === undefined ? jobId : `${type} ${given}`;
      const at = readings[0]?.at ?? 0;
      return [JSON.stringify([at, id]), [at, id, readings.map(toTuple)] as Row];
    }),
  );
  const slices: Row[][] = [];
  let room = 0;
  for (const row of rows.values()) {
    room -= row[2].length;
    if (room < 0) {
      slices.push([]);
      room = MOST_READINGS - row[2].length;
    }
    slices.at(-1)?.push(row);
  }
  return slices;
}

function toTuple({ series, at, value }: Reading) {
  return [series, at, value] as const;
}
