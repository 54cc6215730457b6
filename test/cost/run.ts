import { env } from "cloudflare:workers";
import { expect, vi } from "vitest";
import type { Usage } from "../../bench/prices.ts";
import type { TenantLimits } from "../../src/config.ts";
import { apiOf } from "../support/api.ts";
import { createTenant } from "../support/tenants.ts";
import { UsageMeter } from "./usage-meter.ts";

/** Jobs that are counted one by one. Few are enough for the rows; what the gate does by the clock is shared by them. */
export const ONE_BY_ONE = Number(env.COST_JOBS);
export const NOOP = { type: "noop", payload: {} };

/** A tenant whose gate is awake and whose key is known, with everything counted from now on. */
export interface Run {
  readonly tenantId: string;
  readonly meter: UsageMeter;
  readonly post: (job: object, headers?: Record<string, string>) => Promise<void>;
  readonly postBatch: (size: number) => Promise<void>;
  /** Resolves when so many jobs have ended since counting began. */
  readonly ended: (jobs: number) => Promise<void>;
}

export async function startRun(limits: Partial<TenantLimits> = {}): Promise<Run> {
  const tenant = await createTenant({ rate: 100_000, burst: 100_000, ...limits });
  const api = apiOf(tenant);
  const accept = async (path: string, body: object, headers?: Record<string, string>) =>
    expect((await api.post(path, body, headers)).status).toBe(202);
  const end = (meter: UsageMeter, jobs: number) =>
    vi.waitFor(() => expect(meter.finished.size).toBe(jobs), { timeout: 10_000, interval: 2 });
  const warming = await UsageMeter.start(tenant.id);
  await accept("/v1/jobs", NOOP);
  await end(warming, 1);
  vi.restoreAllMocks();
  const meter = await UsageMeter.start(tenant.id);
  return {
    tenantId: tenant.id,
    meter,
    post: (job, headers) => accept("/v1/jobs", job, headers),
    postBatch: (size) => accept("/v1/jobs/batch", { jobs: Array.from({ length: size }, () => NOOP) }),
    ended: (jobs) => end(meter, jobs),
  };
}

/** One request after the other, each job run to its end: nothing is shared, so no such job costs more. */
export async function oneByOne(
  request: () => { job: object; headers?: Record<string, string> } = () => ({ job: NOOP }),
  jobs = ONE_BY_ONE,
): Promise<Usage> {
  const { meter, post, ended } = await startRun();
  for (let count = 1; count <= jobs; count++) {
    const { job, headers } = request();
    await post(job, headers);
    await ended(count);
  }
  return each(jobs, meter.usage);
}

/** Requests that come while a write is in flight: they share the next one. */
export async function sideBySide(jobs: number): Promise<Usage> {
  const { meter, post, ended } = await startRun();
  meter.holdsWrites = () => meter.enqueues < jobs;
  await Promise.all(Array.from({ length: jobs }, () => post(NOOP)));
  await ended(jobs);
  return each(jobs, meter.usage);
}

/** Batches of `size` jobs that all start at once. */
export async function startedAtOnce(batches: number, size: number): Promise<Usage> {
  const { meter, postBatch, ended } = await startRun({ concurrency: size });
  for (let count = 1; count <= batches; count++) {
    await postBatch(size);
    await ended(count * size);
  }
  return each(batches * size, meter.usage);
}

/** The jobs that waited: what a batch has used, less what those of them have used that started at once. */
export async function waitedForRoom(concurrency: number, waiting: number): Promise<Usage> {
  const { meter, postBatch, ended } = await startRun({ concurrency });
  await postBatch(concurrency);
  await ended(concurrency);
  const started = meter.usage;
  await postBatch(concurrency + waiting);
  await ended(2 * concurrency + waiting);
  return each(waiting, less(less(meter.usage, started), started));
}

export function each(jobs: number, usage: Usage): Usage {
  return map(usage, (count) => count / jobs);
}

export function less(usage: Usage, before: Usage): Usage {
  return map(usage, (count, name) => count - before[name]);
}

function map(usage: Usage, change: (count: number, name: keyof Usage) => number): Usage {
  const names = Object.keys(usage) as (keyof Usage)[];
  return Object.fromEntries(names.map((name) => [name, change(usage[name], name)])) as Usage;
}
