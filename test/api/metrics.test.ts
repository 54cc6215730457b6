import { env } from "cloudflare:workers";
import parsePrometheusTextFormat from "parse-prometheus-text-format";
import { afterEach, describe, expect, it, vi } from "vitest";
import { histogram, prometheusText } from "../../src/api/prometheus-text.ts";
import { BUCKET_SECONDS } from "../../src/domain/lifetime.ts";
import { newJobId } from "../../src/protocol/new-job-id.ts";
import { replaceCall } from "../cost/on-call.ts";
import { apiOf, request } from "../support/api.ts";
import { draft } from "../support/drafts.ts";
import { fillTenant } from "../support/fixture-jobs.ts";
import { gateOf } from "../support/gate.ts";
import { meterD1 } from "../support/metered-d1.ts";
import { expectProblem } from "../support/problems.ts";
import { captureSends } from "../support/sends.ts";
import { createTenant } from "../support/tenants.ts";

const token = (env as unknown as { SLUICE_ADMIN_TOKEN: string }).SLUICE_ADMIN_TOKEN;

afterEach(() => {
  vi.restoreAllMocks();
});

async function scrape() {
  const answer = await apiOf({ key: token }).get("/metrics");
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  const families = parsePrometheusTextFormat(answer.body as string);
  // The parser adds the histograms of all labels up: without their type it gives each sample.
  const samples = parsePrometheusTextFormat((answer.body as string).replaceAll(/^# TYPE \S+ histogram$/gm, ""));
  const of = (name: string, labels: Record<string, string>) =>
    samples
      .find((family) => family.name === name)
      ?.metrics.find((metric) => Object.entries(labels).every(([label, value]) => metric.labels?.[label] === value));
  return { families, of, value: (name: string, labels = {}) => Number(of(name, labels)?.value) };
}

describe("the metrics of a deployment", () => {
  it("are read by a parser of Prometheus, with what each tenant's gate has counted", async () => {
    const tenant = await createTenant({ rate: 1, burst: 3 });
    const api = apiOf(tenant);
    expect((await api.post("/v1/jobs?wait=10", { type: "noop", payload: {} })).body.state).toBe("succeeded");
    expect((await api.post("/v1/jobs?wait=10", { type: "fatal", payload: { name: "m" } })).body.state).toBe("failed");
    const jobs = Array.from({ length: 3 }, () => ({ type: "noop", payload: {} }));
    expectProblem(await api.post("/v1/jobs/batch", { jobs }), "rate_limited");
    const metrics = await vi.waitFor(async () => {
      const metrics = await scrape();
      expect(metrics.value("sluice_attempts_total", { tenant: tenant.id, outcome: "failed" })).toBe(1);
      return metrics;
    }, 10_000);
    const { value, families } = metrics;
    expect(value("sluice_attempts_total", { tenant: tenant.id, outcome: "succeeded" })).toBe(1);
    expect(value("sluice_jobs_admitted_total", { tenant: tenant.id })).toBe(2);
    expect(value("sluice_jobs_refused_total", { tenant: tenant.id, limit: "rate" })).toBe(3);
    expect(value("sluice_jobs_in_flight", { tenant: tenant.id })).toBe(0);
    const waited = BUCKET_SECONDS.map((le) =>
      value("sluice_job_wait_seconds_bucket", { tenant: tenant.id, le: String(le) }),
    );
    expect(waited).toEqual(waited.toSorted((a, b) => a - b));
    expect(waited.at(-1)).toBe(2);
    expect(value("sluice_job_wait_seconds_bucket", { tenant: tenant.id, le: "+Inf" })).toBe(2);
    expect(value("sluice_job_wait_seconds_count", { tenant: tenant.id })).toBe(2);
    expect(value("sluice_job_run_seconds_sum", { tenant: tenant.id })).toBeLessThan(10);
    expect(value("sluice_scrape_tenants")).toBeGreaterThan(0);
    expect(families.map(({ name, type }) => `${name} ${type}`)).toEqual([
      "sluice_jobs_admitted_total COUNTER",
      "sluice_jobs_refused_total COUNTER",
      "sluice_attempts_total COUNTER",
      "sluice_job_wait_seconds HISTOGRAM",
      "sluice_job_run_seconds HISTOGRAM",
      "sluice_jobs_in_flight GAUGE",
      "sluice_jobs_backlog GAUGE",
      "sluice_oldest_waiting_seconds GAUGE",
      "sluice_tenants GAUGE",
      "sluice_scrape_tenants GAUGE",
      "sluice_scrape_failures GAUGE",
    ]);
  });

  it("tell how long the oldest job waits", async () => {
    const tenant = await createTenant({ concurrency: 1 });
    captureSends(tenant.id);
    await gateOf(tenant.id).enqueue([draft(), draft({ priority: 9 })]);
    await env.DB.prepare("UPDATE jobs SET ready_at = ready_at - 90000 WHERE tenant_id = ?1 AND released = 0")
      .bind(tenant.id)
      .run();
    const { value } = await scrape();
    expect(value("sluice_oldest_waiting_seconds", { tenant: tenant.id })).toBeGreaterThanOrEqual(90);
    expect(value("sluice_jobs_backlog", { tenant: tenant.id })).toBe(1);
  });

  it("count the unfinished jobs of a tenant whose gate sleeps", async () => {
    const tenant = await createTenant();
    await fillTenant(tenant.id, { waiting: 30, scheduled: 20 });
    const { value } = await scrape();
    expect(value("sluice_jobs_backlog", { tenant: tenant.id })).toBe(50);
    expect(value("sluice_jobs_in_flight", { tenant: tenant.id })).toBe(0);
    await env.DB.prepare("DELETE FROM jobs WHERE tenant_id = ?1").bind(tenant.id).run();
  });

  it("leave out a tenant whose gate does not answer, and count it", async () => {
    const tenant = await createTenant();
    captureSends(tenant.id);
    await gateOf(tenant.id).enqueue([draft()]);
    const before = await scrape();
    expect(before.value("sluice_scrape_failures")).toBe(0);
    replaceCall(env.GATES, "getByName", (call, [name]) => {
      if (name === (tenant.id as never)) throw new Error("away");
      return call();
    });
    const { of, value } = await scrape();
    expect(of("sluice_jobs_admitted_total", { tenant: tenant.id })).toBeUndefined();
    expect(value("sluice_scrape_failures")).toBe(1);
  });

  it("are of the 100 tenants with the newest jobs, and read a bounded number of rows", async () => {
    const oldest = await createTenant();
    const insert = env.DB.prepare(
      `INSERT INTO jobs (tenant_id, id, state, type, queue, priority, ready_at, max_attempts, timeout_ms, backoff,
         payload_bytes, created_at, payload) VALUES (?1, ?2, 'queued', 'noop', 'default', 5, 1, 5, 30000, '{}', 2, 1, '{}')`,
    );
    await insert.bind(oldest.id, newJobId()).run();
    const tenants = await Promise.all(Array.from({ length: 100 }, () => createTenant()));
    await env.DB.batch(tenants.flatMap(({ id }) => Array.from({ length: 20 }, () => insert.bind(id, newJobId()))));
    const { db, total } = meterD1({ prepare: env.DB.prepare.bind(env.DB), batch: env.DB.batch.bind(env.DB) });
    replaceCall(env.DB, "prepare", (_, [sql]) => db.prepare(sql));
    replaceCall(env.DB, "batch", (_, [statements]) => db.batch(statements as never) as never);
    const { of, value } = await scrape();
    expect(value("sluice_scrape_tenants")).toBe(100);
    expect(of("sluice_jobs_admitted_total", { tenant: oldest.id })).toBeUndefined();
    expect(total().read).toBeLessThan(5_000);
    expect(total().written).toBe(0);
    await env.DB.prepare("DELETE FROM jobs WHERE ready_at = 1").run();
  });

  it("are the operator's alone", async () => {
    const refused = await request("/metrics");
    expectProblem(refused, "unauthorized");
    expect(refused.headers.get("WWW-Authenticate")).toContain("Bearer");
    expectProblem(await apiOf({ key: `${token}x` }).get("/metrics"), "unauthorized");
    expectProblem(await apiOf(await createTenant()).get("/metrics"), "unauthorized");
    expectProblem(await apiOf({ key: token }).post("/metrics", {}), "method_not_allowed");
    expectProblem(await apiOf({ key: token }).get("/metrics?all=1"), "invalid_parameter");
  });
});

describe("the text of metrics", () => {
  it("carries any label and any help through the parser", () => {
    const tenant = 'a "quoted" \\ name\nof two lines';
    const text = prometheusText([
      { name: "x_total", type: "counter", help: "a \\ and\na line", samples: [{ labels: { tenant }, value: 2.5 }] },
    ]);
    expect(text.split("\n")).toHaveLength(4);
    expect(parsePrometheusTextFormat(text)).toMatchObject([
      { name: "x_total", type: "COUNTER", metrics: [{ value: "2.5", labels: { tenant } }] },
    ]);
  });

  it("has histograms whose buckets add up", () => {
    const samples = histogram({}, [0.5, 1], [1, 2, 3], 9);
    const [family] = parsePrometheusTextFormat(prometheusText([{ name: "h", type: "histogram", help: "h", samples }]));
    expect(family?.metrics).toMatchObject([{ buckets: { "0.5": "1", 1: "3", "+Inf": "6" }, sum: "9", count: "6" }]);
  });
});
