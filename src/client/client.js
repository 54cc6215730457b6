import { newJobId } from "../protocol/new-job-id.ts";
import { waitForJob } from "../protocol/wait-for-job.ts";
import { blobsClient } from "./blobs.ts";
import { disabledReceiversClient } from "./disabled-receivers.ts";
import { endpointsClient } from "./endpoints.ts";
import { keysClient } from "./keys.ts";
import { plansClient } from "./plans.ts";
import { queuesClient } from "./queues.ts";
import { DEFAULT_CLIENT_RETRY, retryingFetch } from "./retrying-fetch.ts";
import { schedulesClient } from "./schedules.ts";
import { signingSecretsClient } from "./signing-secrets.ts";

export { SluiceError } from "../protocol/sluice-error.ts";

const TIMEOUT_MS = 30000;
/** What an answer may take after the wait that was asked for. */
const WAIT_MARGIN_MS = 10000;
const PAGE = 100;
/**
 * A typed client: `createClient<Jobs<typeof handlers>>({ url, key })`. Every method throws `SluiceError`. A job that is
 * enqueued gets its id here, so that a call that is tried again cannot make a second one.
 */
export function createClient(options) {
  const { timeoutMs = TIMEOUT_MS } = options;
  const transport = {
    fetch: options.fetch ?? ((request) => fetch(request)),
    retry: { ...DEFAULT_CLIENT_RETRY, ...options.retry },
  };
  const send = (path, init, read) => retryingFetch(transport, { ...request(options, path, init), read }, timeoutMs);
  const call = (path, init = {}, triesFor = timeoutMs, signal) =>
    retryingFetch(transport, { ...request(options, path, init), read: readJson }, triesFor, signal);
  const post = (path, body) => call(path, { method: "POST", body: JSON.stringify(body) });
  return {
    jobs: {
      enqueue: (type, payload, enqueueOptions) => post("/v1/jobs", named({ ...enqueueOptions, type, payload })),
      async enqueueMany(jobs) {
        if (jobs.length === 0) return [];
        const { data } = await post("/v1/jobs/batch", { jobs: jobs.map(named) });
        return data;
      },
      get: (id) => call(`/v1/jobs/${encodeURIComponent(id)}`),
      wait: (id, waitOptions) =>
        waitForJob((seconds) => {
          const path = `/v1/jobs/${encodeURIComponent(id)}?wait=${seconds.toFixed(3)}`;
          return call(path, {}, seconds * 1000 + WAIT_MARGIN_MS, waitOptions?.signal);
        }, waitOptions),
      list: (filter) => list(filter ?? {}, call),
      cancel: (id) => post(`/v1/jobs/${encodeURIComponent(id)}/cancel`, undefined),
      // Named here, as what is enqueued.
      replay: (id) => post(`/v1/jobs/${encodeURIComponent(id)}/replay`, { id: newJobId() }),
      readToken: (id) => post(`/v1/jobs/${encodeURIComponent(id)}/read-token`, undefined),
      runNow: (id) => post(`/v1/jobs/${encodeURIComponent(id)}/run`, undefined),
    },
    replays: plansClient("replays", call),
    cancellations: plansClient("cancellations", call),
    schedules: schedulesClient(send),
    blobs: blobsClient(send),
    queues: queuesClient(send),
    endpoints: endpointsClient(send),
    signingSecrets: signingSecretsClient(call),
    disabledReceivers: disabledReceiversClient(send),
    keys: keysClient(send),
  };
}
async function* list({ state, type, queue }, get) {
  const query = new URLSearchParams({ limit: String(PAGE), include: "payload,result" });
  if (state !== undefined) query.set("state", [state].flat().join(","));
  if (type !== undefined) query.set("type", type);
  if (queue !== undefined) query.set("queue", queue);
  for (;;) {
    const page = await get(`/v1/jobs?${query.toString()}`);
    yield* page.data;
    if (page.nextCursor === null) return;
    query.set("cursor", page.nextCursor);
  }
}
// A key names the job as well as an id does.
function named(job) {
  return job.id === undefined && job.idempotencyKey === undefined ? { ...job, id: newJobId() } : job;
}
function request({ url, key }, path, init) {
  const headers = new Headers(init.headers);
  headers.set("Authorization", `Bearer ${key}`);
  if (init.body != null && !headers.has("Content-Type")) headers.set("Content-Type", "application/json");
  return { url: url.replace(/\/$/, "") + path, init: { ...init, headers } };
}
function readJson(response) {
  return response.json();
}
