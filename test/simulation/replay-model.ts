import type { DatabaseSync } from "node:sqlite";
import { jobIdTime } from "../../src/domain/id.ts";
import type { JobChange } from "./journal.ts";

interface Failed {
  readonly tenant_id: string;
  readonly id: string;
  readonly queue: string;
  readonly created_at: number;
  readonly finished_at: number;
  readonly replays: number;
}

interface Plan {
  readonly tenant_id: string;
  readonly queue: string;
  readonly created_at: number;
}

/** Plans of replays: each is for the failed jobs of its queue that were there when it was made. */
export class ReplayModel {
  /** When the failure of a job took effect, by tenant and id. */
  readonly #failedAt = new Map<string, number>();

  observe(changes: readonly JobChange[]): void {
    for (const { tenantId, id, state, at } of changes) {
      if (state === "failed") this.#failedAt.set(`${tenantId}/${id}`, at);
    }
  }

  /** Which jobs were not replayed once by each plan for them, or more; holds when no plan runs. */
  violations(sqlite: DatabaseSync): string[] {
    const plans = sqlite
      .prepare("SELECT tenant_id, filter->>'queue' AS queue, created_at FROM plans WHERE state = 'finished'")
      .all() as unknown as Plan[];
    const failed = sqlite
      .prepare(
        `SELECT tenant_id, id, queue, created_at, finished_at, (SELECT count(*) FROM jobs r
           WHERE r.tenant_id = j.tenant_id AND r.replay_of = j.id) AS replays FROM jobs j WHERE state = 'failed'`,
      )
      .all() as unknown as Failed[];
    return failed.flatMap((job) => {
      const of = plans.filter(({ tenant_id, queue }) => tenant_id === job.tenant_id && queue === job.queue);
      const most = of.filter((plan) => this.#mayBeOf(job, plan)).length;
      const least = of.filter((plan) => this.#mayBeOf(job, plan) && this.#isOf(job, plan)).length;
      if (job.replays >= least && job.replays <= most) return [];
      return [`${job.tenant_id}/${job.id} was replayed ${job.replays} times, by ${least} to ${most} plans`];
    });
  }

  #mayBeOf({ id, created_at, finished_at }: Failed, plan: Plan): boolean {
    return jobIdTime(id) < plan.created_at && created_at <= plan.created_at && finished_at <= plan.created_at;
  }

  // One whose failure took effect after the plan was made may be left out.
  #isOf({ tenant_id, id }: Failed, plan: Plan): boolean {
    return (this.#failedAt.get(`${tenant_id}/${id}`) ?? 0) < plan.created_at;
  }
}
