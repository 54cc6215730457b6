import { flowViolations } from "./flow-model.ts";
import { JobModel, type Row } from "./job-model.ts";
import { LimitsModel } from "./limits-model.ts";
import { ReplayModel } from "./replay-model.ts";
import { TickModel } from "./tick-model.ts";
import { TENANTS, type World } from "./world.ts";

/** What must hold of a world, whatever has happened in it: by what callers were told, and by what was committed. */
export class Model {
  readonly limits: LimitsModel;
  readonly ticks = new TickModel();
  readonly #replays = new ReplayModel();
  readonly #world: World;
  /** As they were after the last change. */
  readonly #rows = new Map<string, Row[]>();
  readonly #jobs = new Map([...TENANTS.keys()].map((tenantId) => [tenantId, new JobModel()]));

  constructor(world: World) {
    this.#world = world;
    this.limits = new LimitsModel(world.sqlite);
  }

  /** What is known of a tenant's jobs. */
  of(tenantId: string): JobModel {
    const jobs = this.#jobs.get(tenantId);
    if (jobs === undefined) throw new Error(`there is no tenant ${tenantId}`);
    return jobs;
  }

  /** Looks at everything that was committed since the last time. */
  observe(): void {
    const { jobs, schedules, settings } = this.#world.journal.take();
    for (const { tenantId } of jobs) this.#rows.delete(tenantId);
    this.limits.observe(jobs, settings);
    this.ticks.observe(schedules);
    this.#replays.observe(jobs);
  }

  /** Which of the invariants do not hold, in words. */
  violations(): string[] {
    this.observe();
    const ofJobs = [...this.#jobs].flatMap(([tenantId, jobs]) => {
      for (const id of this.ticks.jobsOf(tenantId)) jobs.acknowledged(id);
      const rows = this.rows(tenantId);
      const found = [
        ...jobs.violations(rows),
        ...flowViolations(this.#world.sqlite, tenantId, rows),
        ...this.#endedMeanwhile(tenantId, rows),
      ];
      return found.map((one) => `${tenantId}: ${one}`);
    });
    return [...ofJobs, ...this.limits.violations, ...this.ticks.violations, ...this.#world.handlers.violations];
  }

  /** Which jobs were not replayed once by each plan for them; holds once all plans are carried out. */
  replayViolations(): string[] {
    this.observe();
    return this.#replays.violations(this.#world.sqlite);
  }

  /** Attempts that have ended though their handlers go on: another one's finish has ended them. */
  #endedMeanwhile(tenantId: string, rows: readonly Row[]): string[] {
    const running = [...this.#world.running].filter((run) => run.tenantId === tenantId);
    return running.flatMap(({ jobId, attempt }) => {
      const row = rows.find(({ id }) => id === jobId);
      const isOver = row?.state === "succeeded" || row?.state === "retrying" || row?.state === "scheduled";
      return row?.attempt === attempt && isOver ? [`${jobId} is ${row.state}, and its handler goes on`] : [];
    });
  }

  /** A tenant's jobs in the database. */
  rows(tenantId: string): readonly Row[] {
    this.observe();
    const known = this.#rows.get(tenantId);
    if (known !== undefined) return known;
    const select = this.#world.sqlite.prepare("SELECT * FROM jobs WHERE tenant_id = ? ORDER BY id");
    const rows = select.all(tenantId) as unknown as Row[];
    this.#rows.set(tenantId, rows);
    return rows;
  }
}
