import { randomUUID } from "node:crypto";
import { demoClient } from "./client.ts";
import { finishedJobs } from "./finished-jobs.ts";
import { gitHubEvents } from "./github-events.ts";
import { NotedFetch } from "./noted-fetch.ts";
import { spread } from "./table.ts";
const SHOWN = 3;
/**
 * Real GitHub webhooks, enqueued as one batch and delivered by HTTP. The batch is sent twice with the same keys, as a
 * client does that has lost the answer: each payload must arrive whole, and once.
 */
export async function deliverWebhooks({ callers, receiver, checks }) {
    const noted = new NotedFetch();
    const client = demoClient(callers.demo, { fetch: noted.fetch });
    const events = gitHubEvents();
    const key = randomUUID();
    const batch = events.map(({ name, payload }, index) => ({
        type: "http.request",
        payload: { url: receiver.url("/webhooks"), headers: { "X-GitHub-Event": name }, body: payload },
        idempotencyKey: `${key}:${index}`,
    }));
    const enqueued = (await client.jobs.enqueueMany(batch));
    const again = await client.jobs.enqueueMany(batch);
    const ids = enqueued.map(({ id }) => id);
    const repeated = again.map(({ id }) => id);
    const replayed = noted.exchanges.map(({ headers }) => headers.get("Idempotent-Replayed"));
    checks.equal("webhooks: Idempotent-Replayed of the batch and its repetition", replayed, [null, "true"]);
    checks.equal("webhooks: jobs of the repetition", repeated, ids);
    const jobs = await finishedJobs(demoClient(callers.demo), enqueued, "webhooks");
    const arrived = events.map((event, index) => checkDelivery(event, jobs[index], receiver, checks));
    checks.equal("webhooks: jobs that called the receiver", receiver.callers("/webhooks").toSorted(), ids.toSorted());
    return { rows: shown(events, jobs, arrived), summary: summary(events, arrived) };
}
/** Whether it arrived as it was sent, and once. */
function checkDelivery(event, job, receiver, checks) {
    const { id = "", state, result } = job ?? {};
    const what = `webhook ${event.name} (job ${id})`;
    const seen = receiver.of(id).map(({ event, bytes, sha256 }) => ({ event, bytes, sha256 }));
    checks.equal(`${what}: state and status`, [state, result?.status], ["succeeded", 204]);
    return checks.equal(`${what}: what arrived`, seen, [{ event: event.name, bytes: event.bytes, sha256: event.sha256 }]);
}
function shown(events, jobs, arrived) {
    const rows = events.flatMap(({ name, bytes }, index) => {
        const job = jobs[index];
        const result = `${name}, ${kilobytes(bytes)}, ${arrived[index] ? "same bytes" : "NOT as it was sent"}`;
        return job === undefined ? [] : [{ job, bytes, result }];
    });
    return spread(rows.toSorted((a, b) => a.bytes - b.bytes), SHOWN);
}
function summary(events, arrived) {
    const types = new Set(events.map(({ name }) => name)).size;
    const bytes = events.reduce((sum, event) => sum + event.bytes, 0);
    const well = arrived.filter((ok) => ok).length;
    const sent = `${events.length} GitHub payloads of ${types} event types, ${kilobytes(bytes)}, sent twice with one key`;
    return `${sent} → ${well}/${events.length} arrived once, byte for byte`;
}
function kilobytes(bytes) {
    return `${(bytes / 1000).toFixed(1)} kB`;
}
