import { randomUUID } from "node:crypto";
import { type Api, type HttpJobView, type HttpRequestJob, read } from "./api.ts";
import type { Checks } from "./checks.ts";
import { finishedJobs } from "./finished-jobs.ts";
import { type GitHubEvent, gitHubEvents } from "./github-events.ts";
import type { Part } from "./part.ts";
import type { Receiver } from "./receiver.ts";
import { spread, type TableRow } from "./table.ts";

const SHOWN = 6;

/**
 * Real GitHub webhooks, enqueued as one batch and delivered by HTTP. The batch is sent twice with the same
 * `Idempotency-Key`, as a client does that has lost the answer: each payload must arrive whole, and once.
 */
export async function deliverWebhooks(api: Api, receiver: Receiver, checks: Checks): Promise<Part> {
  const events = gitHubEvents();
  const batch = { jobs: events.map((event) => toJob(event, receiver)) };
  const key = { "Idempotency-Key": randomUUID() };
  const { data: enqueued } = await read<{ data: HttpJobView[] }>(await api.post("/batch", batch, key));
  const again = await api.post("/batch", batch, key);
  checks.equal("webhooks: header of the repeated batch", again.headers.get("Idempotent-Replayed"), "true");
  const repeated = await read<{ data: HttpJobView[] }>(again);
  const ids = enqueued.map(({ id }) => id);
  checks.equal(
    "webhooks: jobs of the repeated batch",
    repeated.data.map(({ id }) => id),
    ids,
  );
  const jobs = await finishedJobs(api, ids, "webhooks");
  const arrived = events.map((event, index) => checkDelivery(event, jobs[index], receiver, checks));
  checks.equal("webhooks: jobs that called the receiver", receiver.callers("/webhooks").toSorted(), ids.toSorted());
  return { rows: shown(events, jobs, arrived), summary: summary(events, arrived) };
}

function toJob({ name, payload }: GitHubEvent, receiver: Receiver): HttpRequestJob {
  const headers = { "X-GitHub-Event": name };
  return { type: "http.request", payload: { url: receiver.url("/webhooks"), headers, body: payload } };
}

/** Whether it arrived as it was sent, and once. */
function checkDelivery(event: GitHubEvent, job: HttpJobView | undefined, receiver: Receiver, checks: Checks): boolean {
  const { id = "", state, result } = job ?? {};
  const what = `webhook ${event.name} (job ${id})`;
  const seen = receiver.of(id).map(({ event, bytes, sha256 }) => ({ event, bytes, sha256 }));
  checks.equal(`${what}: state and status`, [state, result?.status], ["succeeded", 204]);
  return checks.equal(`${what}: what arrived`, seen, [{ event: event.name, bytes: event.bytes, sha256: event.sha256 }]);
}

function shown(events: readonly GitHubEvent[], jobs: readonly HttpJobView[], arrived: readonly boolean[]): TableRow[] {
  const rows = events.flatMap(({ name, bytes }, index) => {
    const job = jobs[index];
    const result = `${name}, ${kilobytes(bytes)}, ${arrived[index] ? "same bytes" : "NOT as it was sent"}`;
    return job === undefined ? [] : [{ job, bytes, result }];
  });
  return spread(
    rows.toSorted((a, b) => a.bytes - b.bytes),
    SHOWN,
  );
}

function summary(events: readonly GitHubEvent[], arrived: readonly boolean[]): string {
  const types = new Set(events.map(({ name }) => name)).size;
  const bytes = events.reduce((sum, event) => sum + event.bytes, 0);
  const well = arrived.filter((ok) => ok).length;
  const sent = `${events.length} GitHub payloads of ${types} event types, ${kilobytes(bytes)}, sent twice with one key`;
  return `${sent} → ${well}/${events.length} arrived once, byte for byte`;
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1_000).toFixed(1)} kB`;
}
