/**
 * Adds the readings of jobs that were not counted before. ?1 the tenant, ?2 the width of a window, ?3 the jobs as JSON.
 * Which of two readings at the same time is the last one does not depend on their order: the greater one.
 */
export const COUNT_READINGS = `
  INSERT INTO reading_windows (tenant_id, width, start, series, count, sum, min, max, last, last_at)
  SELECT ?1, ?2, start, series, count(*), sum(value), min(value), max(value), max(newest), max(at)
  FROM (
    SELECT start, series, at, value, first_value(value) OVER (PARTITION BY start, series ORDER BY at DESC, value DESC) AS newest
    FROM (
      SELECT r.value->>0 AS series, r.value->>1 AS at, CAST(r.value->>2 AS REAL) AS value,
        (r.value->>1) - (r.value->>1) % ?2 AS start
      FROM json_each(?3) AS j CROSS JOIN json_each(j.value, '$[2]') AS r
      WHERE NOT EXISTS (
        SELECT 1 FROM counted_jobs AS c WHERE c.tenant_id = ?1 AND c.at = j.value->>0 AND c.id = j.value->>1
      )
    )
  )
  GROUP BY start, series
  ON CONFLICT (tenant_id, width, start, series) DO UPDATE SET
    count = count + excluded.count, sum = sum + excluded.sum,
    min = min(min, excluded.min), max = max(max, excluded.max),
    last = iif((excluded.last_at, excluded.last) > (last_at, last), excluded.last, last),
    last_at = max(last_at, excluded.last_at)`;

/** Keeps which jobs were counted. ?1 the tenant, ?2 the jobs as JSON, ?3 now. */
export const REMEMBER_JOBS = `
  INSERT INTO counted_jobs (tenant_id, at, id, counted_at)
  SELECT ?1, value->>0, value->>1, ?3 FROM json_each(?2) WHERE true
  ON CONFLICT (tenant_id, at, id) DO NOTHING`;

/** Forgets ?3 jobs at most of tenant ?1, of those that were counted before ?2. */
export const FORGET_JOBS = `
  DELETE FROM counted_jobs
  WHERE tenant_id = ?1 AND counted_at < ?2 AND (at, id) IN (
    SELECT at, id FROM counted_jobs WHERE tenant_id = ?1 AND at < ?2 ORDER BY at, id LIMIT ?3
  )`;
