import { LOG_LIMITS } from "../domain/log-line.ts";

/**
 * A job's logs with those of its running attempt in the place of what was there of that, and without those of attempts that
 * are too old. Whole, so that a repetition changes nothing. SQL, for an update of `jobs`.
 * @param lines SQL for the attempt's lines as a JSON array; NULL leaves everything as it is
 */
export function mergedLogs(lines: string): string {
  const kept = `SELECT json_group_object(l.key, json(l.value)) FROM json_each(coalesce(jobs.logs, '{}')) l
      WHERE CAST(l.key AS INTEGER) > jobs.attempt - ${LOG_LIMITS.attempts}`;
  return `iif(${lines} IS NULL, jobs.logs, json_set((${kept}), '$."' || jobs.attempt || '"', json(${lines})))`;
}
