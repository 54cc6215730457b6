import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { JobState } from "../../src/domain/job.ts";

/** A change to a job's row, in the order in which they were committed. */
export interface JobChange {
  readonly seq: number;
  /** The process whose statement it was. */
  readonly actor: string;
  /** When it took effect, in milliseconds since the epoch. */
  readonly at: number;
  readonly tenantId: string;
  readonly id: string;
  readonly queue: string;
  /** Null when the row is new. */
  readonly oldState: JobState | null;
  readonly state: JobState;
  readonly oldReleased: number;
  readonly released: number;
  readonly attempt: number;
  readonly crashes: number;
  readonly isolated: number;
  readonly dueAt: number | null;
  readonly uniqueKey: string | null;
  readonly uniqueUntil: number | null;
  /** The job whose end, or whose attempt, has brought it about. */
  readonly parentId: string | null;
}

/** A gate or somebody else has moved a schedule on, or changed it. */
export interface ScheduleChange {
  readonly seq: number;
  readonly actor: string;
  readonly at: number;
  readonly tenantId: string;
  readonly name: string;
  readonly overlap: "allow" | "skip";
  readonly missed: "skip" | "runOnce";
  readonly cron: string;
  readonly oldNextAt: number | null;
  readonly nextAt: number | null;
  readonly oldLastTick: number | null;
  readonly lastTick: number | null;
  readonly lastJobId: string | null;
  /** The job of the tick before had not finished. */
  readonly wasUnfinished: number;
}

/** Somebody has changed a queue's settings, or has suspended or resumed a tenant. */
export interface SettingsChange {
  readonly seq: number;
  readonly tenantId: string;
  /** The queue's; empty: the whole tenant. */
  readonly name: string;
}

/** What has been committed since the last look. */
export interface Changes {
  readonly jobs: readonly JobChange[];
  readonly schedules: readonly ScheduleChange[];
  readonly settings: readonly SettingsChange[];
}

// Of one database at a time, as statements run one at a time.
let actor = "nobody";

/** Runs statements in the name of a process. */
export function asActor<T>(name: string, run: () => T): T {
  actor = name;
  try {
    return run();
  } finally {
    actor = "nobody";
  }
}

const TABLES = `
PRAGMA temp_store = MEMORY;
CREATE TEMP TABLE seen (seq INTEGER);
INSERT INTO seen VALUES (0);
CREATE TEMP TABLE job_changes (seq INTEGER PRIMARY KEY, actor, at, tenantId, id, queue, oldState, state, oldReleased, released, attempt, crashes,
  isolated, dueAt, uniqueKey, uniqueUntil, parentId);
CREATE TEMP TABLE schedule_changes (seq INTEGER PRIMARY KEY, actor, at, tenantId, name, overlap, missed, cron, oldNextAt, nextAt,
  oldLastTick, lastTick, lastJobId, wasUnfinished);
CREATE TEMP TABLE settings_changes (seq INTEGER PRIMARY KEY, tenantId, name);`;

const next = "UPDATE seen SET seq = seq + 1;";
const SEQ = "(SELECT seq FROM seen)";
const AT = "unixepoch('subsec') * 1000";

const jobTrigger = (event: "INSERT" | "UPDATE", old: string) => `
CREATE TEMP TRIGGER job_${event} AFTER ${event} ON main.jobs BEGIN ${next}
INSERT INTO job_changes SELECT ${SEQ}, actor(), ${AT}, NEW.tenant_id, NEW.id, NEW.queue, ${old},
  NEW.released, NEW.attempt, NEW.crashes, NEW.isolated, NEW.due_at, NEW.unique_key, NEW.unique_until, NEW.parent_id;
END;`;

const TRIGGERS = `
${jobTrigger("INSERT", "NULL, NEW.state, 0")}
${jobTrigger("UPDATE", "OLD.state, NEW.state, OLD.released")}
CREATE TEMP TRIGGER schedule_update AFTER UPDATE ON main.schedules BEGIN ${next}
INSERT INTO schedule_changes SELECT ${SEQ}, actor(), ${AT}, NEW.tenant_id, NEW.name, NEW.overlap, NEW.missed, NEW.cron,
  OLD.next_at, NEW.next_at, OLD.last_tick, NEW.last_tick, NEW.last_job_id, coalesce((SELECT finished_at IS NULL
    FROM jobs WHERE tenant_id = OLD.tenant_id AND id = OLD.last_job_id), 0);
END;
${(["INSERT", "UPDATE", "DELETE"] as const)
  .map((event) => {
    const row = event === "DELETE" ? "OLD" : "NEW";
    return `CREATE TEMP TRIGGER settings_${event} AFTER ${event} ON main.queues BEGIN ${next}
INSERT INTO settings_changes SELECT ${SEQ}, ${row}.tenant_id, ${row}.name;
END;`;
  })
  .join("\n")}
CREATE TEMP TRIGGER suspension AFTER UPDATE OF suspended_at ON main.tenants BEGIN ${next}
INSERT INTO settings_changes SELECT ${SEQ}, NEW.id, '';
END;`;

/** Writes down every change of a database as it is made; what is rolled back is never seen. */
export class Journal {
  readonly #seq: StatementSync;
  readonly #jobs: () => JobChange[];
  readonly #schedules: () => ScheduleChange[];
  readonly #settings: () => SettingsChange[];
  #takenTo = 0;

  constructor(sqlite: DatabaseSync) {
    sqlite.function("actor", () => actor);
    sqlite.exec(TABLES + TRIGGERS);
    const since = <T>(table: string) => {
      const select = sqlite.prepare(`SELECT * FROM ${table} WHERE seq > ? ORDER BY seq`);
      return () => select.all(this.#takenTo) as unknown as T[];
    };
    this.#seq = sqlite.prepare("SELECT seq FROM seen");
    this.#jobs = since("job_changes");
    this.#schedules = since("schedule_changes");
    this.#settings = since("settings_changes");
  }

  /** The number of the last change. */
  get seq(): number {
    return Number(this.#seq.get()?.["seq"]);
  }

  /** What has been committed since the last time. */
  take(): Changes {
    const { seq } = this;
    if (seq === this.#takenTo) return { jobs: [], schedules: [], settings: [] };
    const changes = { jobs: this.#jobs(), schedules: this.#schedules(), settings: this.#settings() };
    this.#takenTo = seq;
    return changes;
  }
}
