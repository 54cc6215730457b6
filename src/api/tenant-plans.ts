import { allowsTypes } from "../domain/grant.ts";
import { isJobId } from "../domain/id.ts";
import { MOST_JOBS_PER_PLAN, type PlanAction } from "../domain/plan.ts";
import type { JobView } from "../protocol/job-view.ts";
import { newJobId } from "../protocol/new-job-id.ts";
import type { NewPlanView, PlanView } from "../protocol/plan-view.ts";
import type { PlanFilter } from "../protocol/plans.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import { countMatches, findMatches, type JobMatch } from "../storage/match-jobs.ts";
import {
  cancelPlan,
  confirmPlan,
  insertPlan,
  listPlans,
  MOST_OPEN_PLANS,
  MOST_RUNNING_PLANS,
  readPlan,
} from "../storage/plans.ts";
import { readJobs } from "../storage/read-jobs.ts";
import type { PlanRow } from "../storage/schema/plans.ts";
import { type AllowedTypes, typeNotAllowed } from "./allowed-types.ts";
import type { Deployment } from "./deployment.ts";
import { inStorage } from "./in-storage.ts";
import { firstPlace, matchOf } from "./plan-match.ts";
import { isExpired, planView } from "./plan-view.ts";
import { readView } from "./read-view.ts";

/** Jobs that are looked at to count those of a plan: in so many statements of so many rows. */
const COUNT_PAGES = 10;
const ROWS_PER_PAGE = 10_000;
const SAMPLE_JOBS = 5;

interface Counted {
  readonly count: number;
  readonly all: boolean;
  /** The ids of the first few. */
  readonly sample: readonly string[];
}

/** A tenant's plans of one action. Every method throws `SluiceError`. */
export class TenantPlans {
  readonly #deployment: Deployment;
  readonly #tenantId: string;
  readonly #action: PlanAction;
  readonly #types: AllowedTypes;

  /** @param types those that the plans of this caller may be for */
  constructor(deployment: Deployment, tenantId: string, action: PlanAction, types: AllowedTypes = null) {
    this.#deployment = deployment;
    this.#tenantId = tenantId;
    this.#action = action;
    this.#types = types;
  }

  /** Counts the jobs that match, and keeps the plan; nothing happens to them before it is confirmed. */
  async plan(filter: PlanFilter): Promise<NewPlanView> {
    this.#assertTypeOf(filter);
    const createdAt = Date.now();
    const place = firstPlace(filter);
    const match = matchOf(this.#action, filter, { createdAt, confirmedAt: null });
    const id = newJobId();
    const counted = await inStorage(this.#deployment.env, (db) => count(db, this.#tenantId, match, place));
    const plan = {
      tenantId: this.#tenantId,
      id,
      action: this.#action,
      filter: JSON.stringify(filter),
      place,
      count: counted.count,
      countedAll: counted.all ? 1 : 0,
      truncated: !counted.all && counted.count >= MOST_JOBS_PER_PLAN ? 1 : 0,
      createdAt,
    };
    if (!(await inStorage(this.#deployment.env, (db) => insertPlan(db, plan)))) throw tooMany("open", MOST_OPEN_PLANS);
    return { ...planView(await this.#row(id), createdAt), sample: await this.#sample(counted.sample) };
  }

  /** Has a plan carried out; one that was confirmed before is answered as it is, with `started` false. */
  async confirm(id: string, perSecond: number): Promise<{ readonly view: PlanView; readonly started: boolean }> {
    const now = Date.now();
    const known = await this.#row(id);
    if (isExpired(known, now)) throw planOver(id, "was not confirmed within 24 hours");
    const started =
      known.state === "planned"
        ? await inStorage(this.#deployment.env, (db) => confirmPlan(db, known, perSecond, now))
        : null;
    const row = started ?? (await this.#row(id));
    if (row.state === "planned") throw tooMany("running", MOST_RUNNING_PLANS);
    if (row.state === "cancelled") throw planOver(id, "was cancelled");
    return { view: planView(row, now), started: started !== null };
  }

  async get(id: string): Promise<PlanView> {
    return planView(await this.#row(id), Date.now());
  }

  /** Newest first. */
  async list(): Promise<PlanView[]> {
    const rows = await inStorage(this.#deployment.env, (db) => listPlans(db, this.#tenantId, this.#action));
    const now = Date.now();
    const views = rows.map((row) => planView(row, now));
    return views.filter(({ filter }) => allowsTypes({ types: this.#types }, typesOf(filter)));
  }

  /** Stops a plan; what it has done stays done. One that was cancelled before is answered as it is. */
  async cancel(id: string): Promise<PlanView> {
    const now = Date.now();
    const known = await this.#row(id);
    const row = (await inStorage(this.#deployment.env, (db) => cancelPlan(db, known, now))) ?? (await this.#row(id));
    if (row.state === "finished") throw planOver(id, "was carried out");
    return planView(row, now);
  }

  async #row(id: string): Promise<PlanRow> {
    const ref = { tenantId: this.#tenantId, id };
    const row = isJobId(id) ? await inStorage(this.#deployment.env, (db) => readPlan(db, ref)) : null;
    if (row?.action !== this.#action) throw new SluiceError("plan_not_found", `There is no plan ${id.slice(0, 100)}`);
    this.#assertTypeOf(JSON.parse(row.filter) as PlanFilter);
    return row;
  }

  // Who is limited to types must say which: a plan without one is for all that there are.
  #assertTypeOf(filter: PlanFilter): void {
    if (allowsTypes({ types: this.#types }, typesOf(filter))) return;
    throw typeNotAllowed(this.#types, filter.type === undefined ? "A plan without a type" : `"${filter.type}"`);
  }

  async #sample(ids: readonly string[]): Promise<JobView[]> {
    const rows = await inStorage(this.#deployment.env, (db) => readJobs(db, this.#tenantId, ids));
    const views = rows.map((row) => readView(row, new Set(), this.#deployment.env.BLOBS));
    return (await Promise.all(views)).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }
}

function typesOf({ type }: PlanFilter): readonly string[] | null {
  return type === undefined ? null : [type];
}

async function count(db: D1Database, tenantId: string, match: JobMatch, first: string): Promise<Counted> {
  const sample: string[] = [];
  let counted = 0;
  let place: string | null = first;
  for (let page = 1; page <= COUNT_PAGES && place !== null; page++) {
    const { matching, place: next } = await countMatches(db, tenantId, match, place, ROWS_PER_PAGE);
    counted += matching;
    const wanted = Math.min(matching, SAMPLE_JOBS - sample.length);
    if (wanted > 0) {
      const { jobs } = await findMatches(db, tenantId, match, place, { jobs: wanted, rows: ROWS_PER_PAGE });
      sample.push(...jobs.map(({ id }) => id));
    }
    place = next;
  }
  return { count: counted, all: place === null, sample };
}

function tooMany(which: "open" | "running", max: number): SluiceError {
  const limit = { name: `${which}_plans`, max, current: max };
  return new SluiceError("too_many_plans", `There are ${max} ${which} plans already`, { limit });
}

function planOver(id: string, why: string): SluiceError {
  return new SluiceError("plan_over", `Plan ${id} ${why}`);
}
