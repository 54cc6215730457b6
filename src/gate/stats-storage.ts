import type { PackedLifetime } from "../domain/lifetime.ts";
import { Tallies } from "../domain/tallies.ts";
import { type PackedTally, Tally } from "../domain/tally.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Minutes are kept for a day, and so long that a window of a day can begin at a full hour; hours for a month. */
const MINUTES_KEPT_MS = 25 * HOUR;
const HOURS_KEPT_MS = 31 * 24 * HOUR;

/** How finely a window is read. */
export type StatsUnit = "minutes" | "hours";
type Table = "stats_minutes" | "stats_hours";
type Row = { readonly at: number; readonly total: string; readonly queues: string; readonly lifetime: string };

/** What has happened in the minute or hour that begins at `at` (milliseconds since the epoch). */
export interface StoredTallies {
  readonly at: number;
  readonly tallies: Tallies;
}

/**
 * A gate's statistics in its own storage: one row for each minute in which something happened, whatever the number of
 * queues, and one for each hour that is over. Writing a row costs one row; so does deleting it, once.
 */
export class StatsStorage {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    for (const table of ["stats_minutes", "stats_hours"]) {
      sql.exec(`CREATE TABLE IF NOT EXISTS ${table}
        (at INTEGER PRIMARY KEY, total TEXT NOT NULL, queues TEXT NOT NULL, lifetime TEXT NOT NULL) STRICT`);
    }
  }

  /** What is kept of a minute, and the last lifetime that was kept at all. */
  open(minute: number): StoredTallies {
    const tallies = new Tallies();
    for (const row of this.#rows("SELECT * FROM stats_minutes WHERE at = ?", minute)) merge(tallies, row);
    return { at: minute, tallies };
  }

  lifetime(): PackedLifetime | undefined {
    const [row] = this.#rows(
      `SELECT * FROM (SELECT * FROM stats_minutes ORDER BY at DESC LIMIT 1)
       UNION ALL SELECT * FROM (SELECT * FROM stats_hours ORDER BY at DESC LIMIT 1) ORDER BY at DESC LIMIT 1`,
    );
    return row === undefined ? undefined : (JSON.parse(row.lifetime) as PackedLifetime);
  }

  save({ at, tallies }: StoredTallies, lifetime: PackedLifetime): void {
    this.#put("stats_minutes", at, tallies, JSON.stringify(lifetime));
  }

  /** Adds up the hours that are over, and deletes what is too old. Harmless when repeated. */
  rollUp(now: number): void {
    const hours = new Map<number, { tallies: Tallies; lifetime: string }>();
    const over = Math.floor(now / HOUR) * HOUR;
    for (const row of this.#rows(
      `SELECT * FROM stats_minutes WHERE at >= ? AND at < ? ORDER BY at`,
      this.#rolledUpTo(),
      over,
    )) {
      const at = Math.floor(row.at / HOUR) * HOUR;
      const hour = hours.get(at) ?? { tallies: new Tallies(), lifetime: row.lifetime };
      merge(hour.tallies, row);
      hours.set(at, { ...hour, lifetime: row.lifetime });
    }
    for (const [at, { tallies, lifetime }] of hours) this.#put("stats_hours", at, tallies, lifetime);
    this.#sql.exec("DELETE FROM stats_minutes WHERE at < ?", now - MINUTES_KEPT_MS);
    this.#sql.exec("DELETE FROM stats_hours WHERE at < ?", now - HOURS_KEPT_MS);
  }

  /**
   * What has happened since then, of all queues or of one, in order; by hours, those that are not added up yet come minute
   * by minute.
   */
  *series(unit: StatsUnit, since: number, queue?: string): Iterable<{ readonly at: number; readonly tally: Tally }> {
    // Within quotation marks: the name of a queue has none.
    const path = queue === undefined ? null : `$."${queue}"`;
    for (const { table, from } of this.#tables(unit, since).toReversed()) {
      const rows = this.#sql.exec<{ at: number; tally: string | null }>(
        `SELECT at, iif(?2 IS NULL, total, queues -> ?2) AS tally FROM ${table} WHERE at >= ?1 ORDER BY at`,
        from,
        path,
      );
      for (const { at, tally } of rows) if (tally !== null) yield { at, tally: unpacked(tally) };
    }
  }

  /** Adds up what has happened since then, but for one minute. The newest first, so that its queues keep their names. */
  addUp(into: Tallies, unit: StatsUnit, since: number, except: number): void {
    for (const { table, from } of this.#tables(unit, since)) {
      const rows = this.#rows(`SELECT * FROM ${table} WHERE at >= ? ORDER BY at DESC`, from);
      for (const row of rows) if (table !== "stats_minutes" || row.at !== except) merge(into, row);
    }
  }

  // The newest first.
  #tables(unit: StatsUnit, since: number): { readonly table: Table; readonly from: number }[] {
    if (unit === "minutes") return [{ table: "stats_minutes", from: since }];
    return [
      { table: "stats_minutes", from: Math.max(since, this.#rolledUpTo()) },
      { table: "stats_hours", from: since },
    ];
  }

  #rolledUpTo(): number {
    const { last } = this.#sql.exec<{ last: number | null }>("SELECT max(at) AS last FROM stats_hours").one();
    return last === null ? 0 : last + HOUR;
  }

  #put(table: Table, at: number, tallies: Tallies, lifetime: string): void {
    this.#sql.exec(
      `INSERT INTO ${table} (at, total, queues, lifetime) VALUES (?, ?, ?, ?)
       ON CONFLICT (at) DO UPDATE SET total = excluded.total, queues = excluded.queues, lifetime = excluded.lifetime`,
      at,
      JSON.stringify(tallies.total.pack()),
      JSON.stringify(tallies.packQueues()),
      lifetime,
    );
  }

  #rows(query: string, ...values: readonly number[]): Iterable<Row> {
    return this.#sql.exec<Row>(query, ...values);
  }
}

function merge(tallies: Tallies, { total, queues }: Row): void {
  tallies.merge(JSON.parse(total) as PackedTally, JSON.parse(queues) as Record<string, PackedTally>);
}

function unpacked(json: string): Tally {
  const tally = new Tally();
  tally.merge(JSON.parse(json) as PackedTally);
  return tally;
}
