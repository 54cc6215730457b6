/** The beginning of a day. */
const FIRST_AT = 1_794_960_000_000;

/** A reading as a job carries it. */
export interface Reading {
  readonly series: string;
  readonly at: number;
  readonly value: number;
}

/** A row of `reading_windows`, without its tenant and width. */
export interface Window {
  readonly start: number;
  readonly series: string;
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly last: number;
  readonly last_at: number;
}

/** Reads the windows of tenant ?1 that are ?2 wide, as {@link windowsOf} gives them. */
export const READ_WINDOWS = `SELECT start, series, count, sum, min, max, last, last_at FROM reading_windows
  WHERE tenant_id = ?1 AND width = ?2 ORDER BY start, series`;

/** The statements that make the tables, as docs/ingest.md gives them. */
export function tablesIn(page: string): string[] {
  const sql = /```sql\n(CREATE TABLE reading_windows[^`]*)```/.exec(page)?.[1] ?? "";
  const statements = sql.replaceAll(/--.*/g, "").split(";");
  return statements.map((text) => text.replaceAll(/\s+/g, " ").trim()).filter((text) => text !== "");
}

/** What the windows must be, computed from all readings at once; in the order of `start`, then `series`. */
export function windowsOf(readings: readonly Reading[], width: number): Window[] {
  const groups = Map.groupBy(readings, ({ series, at }) => `${Math.floor(at / width) * width} ${series}`);
  return [...groups]
    .map(([key, group]) => {
      const values = group.map(({ value }) => value);
      const newest = group.reduce((a, b) => (b.at > a.at || (b.at === a.at && b.value > a.value) ? b : a));
      return {
        start: Number(key.split(" ", 1)[0]),
        series: newest.series,
        count: group.length,
        sum: values.reduce((sum, value) => sum + value, 0),
        min: Math.min(...values),
        max: Math.max(...values),
        last: newest.value,
        last_at: newest.at,
      };
    })
    .toSorted(inOrder);
}

function inOrder(a: Window, b: Window): number {
  return a.start - b.start || (a.series < b.series ? -1 : 1);
}

/**
 * Readings of some devices within some minutes, in no order; several may be at the same time. Their values are quarters,
 * so that a sum does not depend on the order of its summands.
 */
export function someReadings(count: number, { devices = 10, minutes = 5, from = FIRST_AT, seed = 7 } = {}): Reading[] {
  let state = seed;
  const below = (limit: number) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % limit;
  };
  return Array.from({ length: count }, () => ({
    series: `pump-${below(devices)}/pressure`,
    at: from + below(minutes * 60) * 1_000,
    value: below(4_000) / 4 - 100,
  }));
}
