import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Client } from "../../../src/client/client.ts";
import type { JobTypes } from "../../../src/protocol/jobs-api.ts";

const PICTURE = fileURLToPath(new URL("../../../node_modules/vega-datasets/data/gimp.png", import.meta.url));

const HELD_MS = 120_000;

/** What a stage has for pages to show. */
export interface Stage {
  /** A job that has made pictures. */
  readonly pictured: string;
  /** A job that waits for room. */
  readonly waiting: string;
  /** A job that waits for its next attempt. */
  readonly retrying: string;
  /** A job that has had all its attempts. */
  readonly dead: string;
  /** A group of which some jobs have not ended. */
  readonly group: string;
}

/** Gives a tenant a bit of everything: jobs in all states, queues with limits, schedules, endpoints, refused webhooks. */
export async function setStage(client: Client<JobTypes>): Promise<Stage> {
  await client.queues.set("mail", { concurrency: 2, rate: { limit: 100, period: "1m" } });
  await client.queues.set("partner/acme", { rate: { limit: 10, period: "1s" } });
  await client.queues.set("reports", { concurrency: 1, paused: true });
  const syncs = Array.from({ length: 18 }, (_, index) => ({
    type: "crm.sync",
    payload: { account: `acct_${1_000 + index}`, status: index % 3 === 0 ? 404 : 503 },
    queue: "partner/acme",
  }));
  const failed = await client.jobs.enqueueMany(syncs, { group: { name: "partner sync" } });
  const quick = Array.from({ length: 30 }, (_, index) => ({
    type: "mail.send",
    payload: { to: `reader${index}@example.com` },
    queue: "newsletter",
  }));
  const sent = await client.jobs.enqueueMany(quick, { group: { name: "newsletter 12", onComplete: { type: "noop" } } });
  const image = await client.blobs.put(await readFile(PICTURE), { contentType: "image/png" });
  const pictured = await client.jobs.enqueue("image.thumbnail", {
    image: { blob: image.id },
    sizes: [{ width: 240 }, { width: 96, height: 96, fit: "cover" }],
    formats: ["png"],
  });
  const retrying = await client.jobs.enqueue("invoice.print", { number: 4_711 });
  await client.jobs.enqueueMany(
    [3_600, 86_400].map((delay) => ({ type: "mail.send", payload: { to: "later@example.com" }, delay })),
  );
  const cancelled = await client.jobs.enqueue("mail.send", { to: "nobody@example.com" }, { delay: 60 });
  await client.jobs.cancel(cancelled.id);
  await client.jobs.enqueueMany(
    Array.from({ length: 4 }, (_, number) => ({ type: "invoice.print", payload: { number }, queue: "reports" })),
  );
  const group = await setGroup(client);
  await setSchedulesAndEndpoints(client);
  await setAlerts(client);
  for (const { id } of [...failed, ...sent, pictured]) await client.jobs.wait(id);
  // Last: the local Queue delivers nothing else while they run.
  const held = Array.from({ length: 9 }, (_, index) => ({
    type: "mail.send",
    payload: { to: `customer${index}@example.com`, ms: HELD_MS },
    queue: "mail",
  }));
  const waiting = await client.jobs.enqueueMany(held);
  return {
    pictured: pictured.id,
    waiting: waiting.at(-1)?.id ?? "",
    retrying: retrying.id,
    dead: failed.at(-1)?.id ?? "",
    group,
  };
}

/** Ends what {@link setStage} has left running, so that others have their turn. */
export async function clearStage(client: Client<JobTypes>): Promise<void> {
  for await (const job of client.jobs.list({ queue: "mail", state: ["queued", "running"] })) {
    await client.jobs.cancel(job.id);
  }
}

/** A group of which seven jobs have ended, one of them cancelled, and two are due later; its id. */
async function setGroup(client: Client<JobTypes>): Promise<string> {
  const parts = Array.from({ length: 9 }, (_, part) => ({
    type: "mail.send",
    payload: { to: `part${part}@example.com` },
    queue: "import",
    ...(part > 5 && { delay: 86_400 }),
  }));
  const onComplete = { type: "mail.send", payload: { to: "team@example.com" }, queue: "import" };
  const jobs = await client.jobs.enqueueMany(parts, { group: { name: "import 7", onComplete } });
  await client.jobs.cancel(jobs.at(-1)?.id ?? "");
  return jobs[0]?.groupId ?? "";
}

async function setAlerts(client: Client<JobTypes>): Promise<void> {
  const url = "https://app.example.com/hooks/alerts";
  await client.alerts.set("mail-is-late", { measure: "oldest_due_age", threshold: "90m", queue: "mail", url });
  await client.alerts.set("jobs-fail", { measure: "failure_ratio", threshold: 0.1, window: "10m", minEvents: 20, url });
}

async function setSchedulesAndEndpoints(client: Client<JobTypes>): Promise<void> {
  const payload = { to: "team@example.com" };
  await client.schedules.set("morning-digest", {
    cron: "0 7 * * 1-5",
    timezone: "Europe/Berlin",
    type: "mail.send",
    payload,
  });
  await client.schedules.set("hourly-check", { cron: "15 * * * *", type: "mail.send", payload, queue: "newsletter" });
  await client.schedules.set("old-export", { cron: "0 0 1 * *", type: "mail.send", payload, paused: true });
  const endpoint = await client.endpoints.set("github", {
    provider: "github",
    secret: "a-secret-of-the-test",
    type: "noop",
    events: ["push", "pull_request.*"],
  });
  for (const signature of ["sha256=00", ""]) {
    await fetch(endpoint.url, {
      method: "POST",
      body: "{}",
      headers: { "X-Hub-Signature-256": signature, "User-Agent": "curl/8" },
    });
  }
}
