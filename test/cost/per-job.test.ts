import { evictDurableObject } from "cloudflare:test";
import { v7 as uuidv7 } from "uuid";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { markdownTable } from "../../bench/markdown-table.ts";
import { costRows, type Measured, type Usage, usPerMillion } from "../../bench/prices.ts";
import { HOOK, network } from "../support/delivery.ts";
import { fireAlarm, stubOf } from "../support/gate.ts";
import { each, less, NOOP, ONE_BY_ONE, oneByOne, sideBySide, startedAtOnce, startRun, waitedForRoom } from "./run.ts";

declare module "vitest" {
  interface TaskMeta {
    measured?: Measured;
  }
}

interface Kind {
  readonly kind: string;
  /** D1 rows written, exactly. */
  readonly rows: number;
  /** What a million may cost, in US dollars. Statistics take a row every two seconds where jobs end one by one. */
  readonly most: number;
  readonly measure: () => Promise<Usage>;
}

const kinds: readonly Kind[] = [
  { kind: "single, 100 requests at a time", rows: 4, most: 5.65, measure: () => sideBySide(100) },
  { kind: "single, one after the other", rows: 4, most: 6.33, measure: () => oneByOne() },
  { kind: "single, gate asleep before and after", rows: 5, most: 9.6, measure: seldom },
  { kind: "single, with an id", rows: 4, most: 6.33, measure: () => oneByOne(named) },
  { kind: "single, with an Idempotency-Key", rows: 5, most: 7.33, measure: () => oneByOne(keyed) },
  { kind: "single, payload of 40 KB", rows: 4, most: 11.19, measure: () => oneByOne(large) },
  { kind: "single, retried once", rows: 9, most: 15.15, measure: () => oneByOne(flaky) },
  { kind: "single, delayed", rows: 6, most: 10.5, measure: () => oneByOne(delayed) },
  { kind: "single, with two steps and a log", rows: 6, most: 8.33, measure: () => oneByOne(staged) },
  { kind: "single, with a callback", rows: 10, most: 14.01, measure: calledBack },
  { kind: "100 per request, started at once", rows: 4, most: 4.2, measure: () => startedAtOnce(10, 100) },
  { kind: "1,000 per request, started at once", rows: 4, most: 4.2, measure: () => startedAtOnce(2, 1_000) },
  { kind: "waited for room, 100 at a time", rows: 6, most: 6.2, measure: () => waitedForRoom(100, 900) },
  { kind: "waited for room, one at a time", rows: 6, most: 7.88, measure: () => waitedForRoom(1, 50) },
];

const named = () => ({ job: { ...NOOP, id: uuidv7() } });
const keyed = () => ({ job: NOOP, headers: { "Idempotency-Key": crypto.randomUUID() } });
const large = () => ({ job: { ...NOOP, payload: { text: "x".repeat(40_000) } } });
const flaky = () => ({ job: { type: "flaky", payload: { name: crypto.randomUUID(), failures: 1 } } });
const staged = () => ({ job: { type: "staged", payload: { name: "Ada" } } });
const delayed = () => ({ job: { ...NOOP, delay: "20ms" } });

/** A job with nothing else for minutes: its gate starts for it, and once more for the alarm that it had set. */
async function seldom(): Promise<Usage> {
  const jobs = 10;
  const { tenantId, meter, post, ended } = await startRun();
  await fireAlarm(tenantId);
  const before = meter.usage;
  for (let count = 1; count <= jobs; count++) {
    await evictDurableObject(stubOf(tenantId));
    await post(NOOP);
    await ended(count);
    await evictDurableObject(stubOf(tenantId));
    expect(await fireAlarm(tenantId)).toBe(true);
  }
  return each(jobs, less(meter.usage, before));
}

/** A job and the delivery that tells of its end, its receiver answering at once. */
async function calledBack(): Promise<Usage> {
  const jobs = ONE_BY_ONE;
  const { meter, post, ended } = await startRun();
  network(...Array.from({ length: jobs + 1 }, () => () => new Response(null, { status: 204 })));
  const told = { ...NOOP, callback: { url: HOOK } };
  // The first one makes the tenant's signing secret.
  await post(told);
  await ended(2);
  const before = meter.usage;
  for (let count = 1; count <= jobs; count++) {
    await post(told);
    await ended(2 + 2 * count);
  }
  return each(jobs, less(meter.usage, before));
}

describe("the cost of a job", () => {
  const all: Measured[] = [];

  afterEach(() => {
    vi.restoreAllMocks();
  });

  afterAll(() => console.log(markdownTable(costRows(all))));

  it.for(kinds)("$kind: $rows D1 rows, at most $most US dollars per million", async (expected, { task }) => {
    const measured = { kind: expected.kind, usage: await expected.measure() };
    all.push(measured);
    task.meta.measured = measured;
    expect(measured.usage.rowsWritten).toBe(expected.rows);
    expect(usPerMillion(measured.usage)).toBeLessThanOrEqual(expected.most);
  });
});
