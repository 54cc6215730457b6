/** The series with which a page ends; null when all that are left fit in. ?3 the starts of the finer windows as JSON. */
export const PAGE_END = `
  SELECT min(series) AS series FROM (
    SELECT (
      SELECT series FROM reading_windows
      WHERE tenant_id = ?1 AND width = ?2 AND start = fine.value AND series > ?4
      ORDER BY series LIMIT 1 OFFSET ?5
    ) AS series
    FROM json_each(?3) AS fine
  )`;

/**
 * Computes a window of each series of a page from the finer ones. ?1 the tenant, ?2 the finer width, ?3 the finer starts as
 * JSON, ?4 and ?5 the series after which the page begins, and with which it ends, ?6 the width, ?7 the start. What has not
 * changed is not written.
 */
export const ROLL_UP = `
  INSERT INTO reading_windows (tenant_id, width, start, series, count, sum, min, max, last, last_at)
  SELECT ?1, ?6, ?7, series, sum(count), sum(sum), min(min), max(max), max(newest), max(last_at)
  FROM (
    SELECT w.series, w.count, w.sum, w.min, w.max, w.last_at,
      first_value(w.last) OVER (PARTITION BY w.series ORDER BY w.last_at DESC, w.last DESC) AS newest
    FROM json_each(?3) AS fine CROSS JOIN reading_windows AS w
    WHERE w.tenant_id = ?1 AND w.width = ?2 AND w.start = fine.value AND w.series > ?4 AND (?5 IS NULL OR w.series <= ?5)
  )
  GROUP BY series
  ON CONFLICT (tenant_id, width, start, series) DO UPDATE SET
    count = excluded.count, sum = excluded.sum, min = excluded.min, max = excluded.max,
    last = excluded.last, last_at = excluded.last_at
  WHERE (count, sum, min, max, last, last_at)
    IS NOT (excluded.count, excluded.sum, excluded.min, excluded.max, excluded.last, excluded.last_at)`;
