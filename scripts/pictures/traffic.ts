import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { type Client, createClient, SluiceError } from "../../src/client/client.ts";
import type { JobTypes } from "../../src/protocol/jobs-api.ts";
import type { Partners } from "./partners.ts";

/** One of them has much to do, and more at times than it may send. */
export const TENANTS = [
  { id: "acme", name: "Acme", rate: 80, burst: 120 },
  { id: "globex", name: "Globex" },
  { id: "initech", name: "Initech", rate: 20, burst: 40 },
] as const;

export interface Worked {
  readonly url: string;
  readonly keys: Readonly<Record<(typeof TENANTS)[number]["id"], string>>;
  readonly partners: Partners;
}

/** What pages of their own show. */
export interface Shown {
  /** A job that has made pictures. */
  readonly pictured: string;
}

const PHOTO = new URL(import.meta.resolve("exif-js/example/DSCN0614_small.jpg"));
const WEATHER = new URL("../data/seattle-weather.csv", import.meta.resolve("vega-datasets"));
const NEWSLETTER = 1_800;
/** Before the end, in seconds: so long the newsletter has waited when the pictures are taken, as far as it still does. */
const NEWSLETTER_BEFORE = 130;
const PER_BATCH = 60;
const RUSH = 300;
/** Of the weather, with the line that names the columns: a schedule's payload is small. */
const DAYS = 366;

const clientOf = ({ url, keys }: Worked, tenant: keyof typeof keys, attempts = 60) =>
  createClient<JobTypes>({ url, key: keys[tenant], retry: { attempts } });

/** Limits, schedules, an endpoint, jobs for later. */
export async function prepare(worked: Worked): Promise<Shown> {
  const client = clientOf(worked, "acme");
  await client.queues.set("mail", { concurrency: 10 });
  await client.queues.set("partner/*", { rate: { limit: 4, period: "1s" } });
  await client.queues.set("exports", { concurrency: 1, paused: true });
  const csv = (await readFile(WEATHER, "utf8")).split("\n").slice(0, DAYS).join("\n");
  const weather = { csv, groupBy: ["weather"], aggregates: [{ op: "count" }] };
  const report = { type: "report.csv", payload: weather, queue: "reports" };
  await client.schedules.set("weather-report", { cron: "*/2 * * * *", ...report });
  await client.schedules.set("monday-digest", { cron: "0 7 * * 1", timezone: "Europe/Berlin", ...report });
  await client.schedules.set("month-end", {
    cron: "0 22 L * *",
    timezone: "America/New_York",
    ...report,
    paused: true,
  });
  await client.jobs.enqueueMany(
    Array.from({ length: 42 }, (_, index) => ({ ...mail(worked, index), delay: 3_600 + 600 * index })),
  );
  const endpoint = await client.endpoints.set("github", {
    provider: "github",
    secret: "a-secret-of-the-pictures",
    type: "http.request",
    events: ["push", "pull_request.*"],
  });
  const headers = { "X-Hub-Signature-256": `sha256=${"0".repeat(64)}`, "User-Agent": "GitHub-Hookshot/0" };
  await fetch(endpoint.url, { method: "POST", body: "{}", headers });
  return { pictured: (await thumbnail(client)).id };
}

/** Some minutes of what a shop's backend has to do. */
export async function work(worked: Worked, seconds: number): Promise<void> {
  const client = clientOf(worked, "acme");
  const [globex, initech] = [clientOf(worked, "globex"), clientOf(worked, "initech")];
  const others: Promise<unknown>[] = [];
  for (let second = 0; second < seconds; second++) {
    const share = 1 + 0.5 * Math.sin(second / 45);
    const jobs = [
      ...times(5 * share, (index) => mail(worked, second + index)),
      ...times(3 * share, () => crm(worked, "/crm")),
      ...times(2 * share, (index) => invoice(worked, second + index)),
    ];
    others.push(client.jobs.enqueueMany(jobs));
    if (second % 25 === 10) others.push(client.jobs.enqueueMany([crm(worked, "/crm/closed-account")]));
    if (second % 8 === 0) others.push(thumbnail(client));
    if (second % 60 === 30) others.push(brokenReport(client));
    if (second % 2 === 0) others.push(globex.jobs.enqueueMany([invoice(worked, second)]));
    if (second % 5 === 0) others.push(initech.jobs.enqueueMany([mail(worked, second)]));
    if (second === Math.floor(seconds * 0.4) || second === Math.floor(seconds * 0.55)) others.push(rush(worked));
    if (second === Math.max(0, seconds - NEWSLETTER_BEFORE)) others.push(newsletter(worked, client));
    await pause(1_000);
  }
  await Promise.all(others);
}

function mail({ partners }: Worked, index: number) {
  const body = { template: "order-shipped", to: `customer${index}@example.com` };
  return { type: "http.request", payload: { url: partners.url("/mail"), body }, queue: "mail" };
}

function crm({ partners }: Worked, path: string) {
  const payload = { url: partners.url(path), body: { event: "order.paid" } };
  return { type: "http.request", payload, queue: "partner/crm", retry: { maxAttempts: 3, base: "2s" } } as const;
}

function invoice({ partners }: Worked, number: number) {
  return { type: "http.request", payload: { url: partners.url("/invoices"), body: { number } }, queue: "billing" };
}

async function thumbnail(client: Client<JobTypes>) {
  const image = await client.blobs.put(await readFile(PHOTO), { contentType: "image/jpeg" });
  const sizes = [{ width: 200 }, { width: 96, height: 96, fit: "cover" }];
  const payload = { image: { blob: image.id }, sizes, formats: ["webp"] };
  return client.jobs.enqueue("image.thumbnail", payload, { queue: "thumbnails" });
}

// It groups by a column that there is not.
async function brokenReport(client: Client<JobTypes>) {
  const payload = { csv: "day,orders\n1,12\n2,9\n", groupBy: ["region"], aggregates: [{ op: "count" }] };
  return client.jobs.enqueue("report.csv", payload, { queue: "reports" });
}

/** More at once than the tenant may send: what is refused is not sent again. */
async function rush(worked: Worked): Promise<void> {
  const impatient = clientOf(worked, "acme", 1);
  const sent = times(RUSH, (index) => impatient.jobs.enqueueMany([invoice(worked, index)]));
  for (const outcome of await Promise.allSettled(sent)) {
    if (outcome.status === "rejected" && !(outcome.reason instanceof SluiceError)) throw outcome.reason;
  }
}

async function newsletter(worked: Worked, client: Client<JobTypes>): Promise<void> {
  for (let sent = 0; sent < NEWSLETTER; sent += PER_BATCH) {
    await client.jobs.enqueueMany(times(PER_BATCH, (index) => mail(worked, sent + index)));
  }
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: Math.round(count) }, (_, index) => make(index));
}
