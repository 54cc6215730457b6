import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { THIS_PROJECT } from "../../scripts/this-project.ts";
import { bundleWorker } from "../../scripts/worker-bundle.ts";
import { type LocalRuntime, startRuntime } from "../../src/cli/local-runtime.ts";
import { prepareState } from "../../src/cli/local-state.ts";
import { freePort } from "../../src/cli/port.ts";
import { createClient } from "../../src/client/client.ts";
import { itemsFrom, PagedApi } from "../support/paged-api.ts";
import { PagedServer } from "./paged-server.ts";

const WORKER = fileURLToPath(new URL("../support/workloads-worker.ts", import.meta.url));
const ZIP_CODES = new URL("../data/zipcodes.csv", import.meta.resolve("vega-datasets"));
const END_MS = 90_000;

type Row = Readonly<Record<string, string | number>>;

let stateDir: string;
let key: string;
let bundle: string;
let port: number;
let runtime: LocalRuntime;
let server: PagedServer;
let client: ReturnType<typeof createClient>;
const api = new PagedApi(itemsFrom(1, 2_840), 25);

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "sluice-workloads-"));
  ({ app: key } = await prepareState(THIS_PROJECT, stateDir, [{ id: "app" }]));
  bundle = await bundleWorker(stateDir, WORKER);
  port = await freePort();
  server = await PagedServer.start(api);
  await start();
  const { result: syncPages } = await ended(await client.jobs.enqueue("app.tables", null));
  await sql(
    String(syncPages),
    "CREATE TABLE app_items (id INTEGER PRIMARY KEY, name TEXT, writes INTEGER) STRICT",
    "CREATE TABLE app_follows (feed TEXT, follower TEXT, PRIMARY KEY (feed, follower)) STRICT",
    "CREATE TABLE app_inbox (post TEXT, follower TEXT, PRIMARY KEY (post, follower)) STRICT",
  );
}, 120_000);

afterAll(async () => {
  await runtime?.stop();
  server?.close();
  await rm(stateDir, { recursive: true, force: true });
});

it("pulls all pages exactly once, over an API that fails and through kills, and then nothing that has not changed", async () => {
  api.fail(3, 503, 500);
  api.fail(20, { status: 429, headers: { "retry-after": "1" } });
  api.fail(60, { status: 200, isDropped: true }, { status: 200, isDropped: true });
  const first = await client.jobs.enqueue("sync.items", null);
  for (const count of [30, 80]) {
    await server.request(count);
    await restart();
  }
  const { result, jobs } = await lastOf(first.id);
  const rows = await sql("SELECT COUNT(*) AS items, SUM(writes) AS writes, MAX(id) AS last FROM app_items");
  const again = api.sent.length - new Set(api.sent).size;
  console.log(
    `pulled ${JSON.stringify(result)} in ${jobs} jobs, 2 × kill -9: ${again} pages sent again, ${JSON.stringify(rows)}`,
  );
  expect(rows).toEqual([{ items: 2_840, writes: 2_840, last: 2_840 }]);
  expect(result).toMatchObject({ pages: 114, nextJobId: null });
  expect(jobs).toBe(3);
  expect(new Set(api.sent).size).toBe(114);
  // Only what was on its way when everything was killed.
  expect(again).toBeLessThanOrEqual(2);

  const sentBefore = api.sent.length;
  const second = await lastOf((await client.jobs.enqueue("sync.items", null)).id);
  expect(second.result).toEqual({ pages: 114, unchanged: 114, items: 0, nextJobId: null });
  expect(api.sent.length).toBe(sentBefore);
  expect(await sql("SELECT SUM(writes) AS writes FROM app_items")).toEqual([{ writes: 2_840 }]);
});

it("delivers a post to each of 5,000 followers by exactly one job, through kills", async () => {
  const followers = Array.from({ length: 5_000 }, (_, index) => `f${String(index).padStart(5, "0")}`);
  const fill = ["INSERT INTO app_follows SELECT 'ada', value FROM json_each(?1)"];
  await ended(await client.jobs.enqueue("app.sql", { sql: fill, values: [JSON.stringify(followers)] }));
  const before = server.requests;
  const first = await client.jobs.enqueue("feed.fanout", { feed: "ada", post: "p1" });
  // While it reads the followers of its second part, and while most deliveries wait or run.
  await server.request(before + 2);
  await restart();
  await server.request(before + 4);
  await restart();
  const { result } = await lastOf(first.id);
  expect(result).toMatchObject({ followers: 5_000, part: 3, nextJobId: null });
  const completions = await endedOf("feed.delivered", 3);
  const [inbox] = await sql("SELECT COUNT(*) AS rows FROM app_inbox WHERE post = 'p1'");
  const made = await sql(
    `SELECT COUNT(*) AS deliveries, COUNT(DISTINCT follower.value) AS followers, COUNT(DISTINCT jobs.id) AS jobs,
     SUM(jobs.state = 'succeeded') AS succeeded FROM jobs, json_each(payload, '$.followers') AS follower
     WHERE jobs.tenant_id = 'app' AND jobs.type = 'feed.deliver'`,
  );
  console.log(
    `${JSON.stringify(made)}, inbox ${JSON.stringify(inbox)}, followers read after ${server.followersAfter.join()}`,
  );
  expect(inbox).toEqual({ rows: 5_000 });
  expect(made).toEqual([{ deliveries: 5_000, followers: 5_000, jobs: 2_500, succeeded: 5_000 }]);
  const parts = completions.map(({ result }) => result as { part: { part: number }; previous: { succeeded: number } });
  expect(parts.map(({ part, previous }) => [part.part, previous.succeeded])).toEqual([
    [1, 999],
    [2, 999],
    [3, 502],
  ]);
  // A part that was stored is not read again.
  expect(server.followersAfter.filter((after) => after === "")).toHaveLength(1);
  expect(server.followersAfter.toSorted()).toEqual(server.followersAfter);
});

it("makes a page of 42,049 rows whose figures are those computed here, through a kill", async () => {
  const csv = await readFile(ZIP_CODES, "utf8");
  const { id } = await client.blobs.put(csv, { contentType: "text/csv" });
  const aggregates = [
    { op: "count", as: "codes" },
    { op: "max", column: "latitude" },
  ];
  const payload = { csv: { blob: id }, groupBy: ["state"], aggregates, format: "html", title: "Zip codes" };
  const enqueued = await client.jobs.enqueue("report.csv", payload);
  await restart();
  const job = await ended(enqueued);
  const result = job.result as { rows: number; html: { blob: string } };
  const html = await (await client.blobs.get(result.html.blob)).text();
  const shown = [...html.matchAll(/<tr><th scope="row">(.*?)<\/th>(.*?)<\/tr>/g)].map(([, state = "", cells = ""]) => [
    state,
    ...[...cells.matchAll(/<data value="([^"]*)"/g)].map(([, value]) => Number(value)),
  ]);
  const rows = csv
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((line) => line.split(","));
  const expected = [...Map.groupBy(rows, ([, , , , state = ""]) => state)].map(([state, codes]) => [
    state,
    codes.length,
    Math.max(...codes.map(([, latitude]) => Number(latitude))),
  ]);
  expect(result.rows).toBe(rows.length);
  expect(rows.length).toBeGreaterThan(40_000);
  expect(shown).toEqual(expected);
});

async function restart(): Promise<void> {
  await runtime.kill();
  await start();
}

async function start(): Promise<void> {
  runtime = await startRuntime({
    project: THIS_PROJECT,
    stateDir,
    port,
    bundle,
    vars: {
      APP_API: server.host,
      SLUICE_ALLOW_LOOPBACK: server.host,
      SLUICE_PICKUP_WINDOW_MS: 500,
      SLUICE_LEASE_GRACE_MS: 2_000,
      SLUICE_CRASH_LIMIT: 10,
    },
    log: join(stateDir, "wrangler.log"),
  });
  client = createClient({ url: runtime.url, key });
}

async function ended({ id }: { readonly id: string }) {
  const job = await client.jobs.wait(id, { timeout: END_MS / 1_000 });
  if (job.state !== "succeeded") throw new Error(`${job.type} is ${job.state}: ${JSON.stringify(job.errors)}`);
  return job;
}

/** The result of the last job of those that go on one after the other. */
async function lastOf(id: string): Promise<{ result: Readonly<Record<string, unknown>>; jobs: number }> {
  for (let [next, jobs] = [id, 1]; ; jobs++) {
    const result = (await ended({ id: next })).result as Readonly<Record<string, unknown>>;
    if (typeof result["nextJobId"] !== "string") return { result, jobs };
    next = result["nextJobId"];
  }
}

/** The jobs of a type, once so many have ended, oldest first. */
async function endedOf(type: string, count: number) {
  const deadline = Date.now() + END_MS;
  for (;;) {
    const jobs = await Array.fromAsync(client.jobs.list({ type }));
    if (jobs.length === count || Date.now() > deadline) {
      const all = await Promise.all(jobs.map(ended));
      return all.toSorted((a, b) => partOf(a) - partOf(b));
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

function partOf({ result }: { readonly result?: unknown }): number {
  return (result as { part: { part: number } }).part.part;
}

async function sql(...statements: string[]): Promise<Row[]> {
  const { result } = await ended(await client.jobs.enqueue("app.sql", { sql: statements }));
  return result as Row[];
}
