import { firstJobIdAt } from "../../src/domain/id.ts";
import { enqueueRequest } from "../contender.ts";
import { BENCH_TENANT } from "../http-front.ts";
import type { GrownSluice } from "./grown-sluice.ts";

const QUEUE = "held";
const ROWS_AT_ONCE = 20_000;
const HOUR_MS = 3_600_000;
/** Of a job id made of a time, what counts from there on. */
const COUNTER_DIGITS = 12;

/** Gives the tenant so many jobs that wait in a paused queue: copies of one that was enqueued over the API. */
export async function fillBacklog(sluice: GrownSluice, jobs: number): Promise<void> {
  if (jobs === 0) return;
  const { headers } = enqueueRequest(1, { key: sluice.key });
  await call(sluice, "PUT", `/v1/queues/${QUEUE}`, headers, { paused: true });
  const { id } = await call(sluice, "POST", "/v1/jobs", headers, { type: "noop", queue: QUEUE, payload: PAYLOAD });
  const db = await sluice.database();
  const row = await db.prepare("SELECT * FROM jobs WHERE tenant_id = ?1 AND id = ?2").bind(BENCH_TENANT, id).first();
  const columns = Object.keys(row ?? {});
  const prefix = firstJobIdAt(Date.now() - HOUR_MS).slice(0, -COUNTER_DIGITS);
  const copied = columns.map((column) =>
    column === "id" ? `printf('%s%0${COUNTER_DIGITS}x', ?3, n.i)` : `job.${column}`,
  );
  const copy = db.prepare(
    `INSERT INTO jobs (${columns.join(", ")})
     WITH RECURSIVE n(i) AS (SELECT ?4 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?5)
     SELECT ${copied.join(", ")} FROM n CROSS JOIN jobs AS job WHERE job.tenant_id = ?1 AND job.id = ?2`,
  );
  for (let from = 1; from < jobs; from += ROWS_AT_ONCE) {
    await copy.bind(BENCH_TENANT, id, prefix, from, Math.min(jobs, from + ROWS_AT_ONCE)).run();
  }
  const count = db.prepare("SELECT count(*) AS n FROM jobs WHERE tenant_id = ?1 AND queue = ?2 AND state = 'queued'");
  const waiting = await count.bind(BENCH_TENANT, QUEUE).first("n");
  if (waiting !== jobs) throw new Error(`${String(waiting)} jobs wait in the queue, not ${jobs}`);
}

const PAYLOAD = { sentAt: null, text: "x".repeat(70) };

async function call(
  { url }: GrownSluice,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: object,
): Promise<{ readonly id?: string }> {
  const answer = await fetch(url + path, { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as { id?: string };
}
