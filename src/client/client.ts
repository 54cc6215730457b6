import type { EnqueueOptions } from "../protocol/job-request.ts";
import type { JobList, JobView } from "../protocol/job-view.ts";
import type { JobListFilter, JobsApi, JobTypes } from "../protocol/jobs-api.ts";
import type { JobEvent, MissedEvents } from "../protocol/live-event-view.ts";
import { newJobId } from "../protocol/new-job-id.ts";
import type { CancellationFilter, ReplayFilter } from "../protocol/plans.ts";
import { waitForJob } from "../protocol/wait-for-job.ts";
import { type AlertsClient, alertsClient } from "./alerts.ts";
import { type BlobsClient, blobsClient } from "./blobs.ts";
import { type CallOptions, callsAs } from "./calls.ts";
import { type DisabledReceiversClient, disabledReceiversClient } from "./disabled-receivers.ts";
import { type EndpointsClient, endpointsClient } from "./endpoints.ts";
import { type GroupsClient, groupsClient } from "./groups.ts";
import { type KeysClient, keysClient } from "./keys.ts";
import { type EventsOptions, tenantEvents, type WatchOptions, watchJob } from "./live-events.ts";
import { type PlansClient, plansClient } from "./plans.ts";
import { type QueuesClient, queuesClient } from "./queues.ts";
import { type SchedulesClient, schedulesClient } from "./schedules.ts";
import { type SigningSecretsClient, signingSecretsClient } from "./signing-secrets.ts";
import { type StatsClient, statsClient } from "./stats.ts";

export type { BlobInput, BlobRef } from "../domain/blob.ts";
export type { Jobs } from "../domain/registry.ts";
export type { AlertEvent, AlertView } from "../protocol/alert-view.ts";
export type { AlertRequest } from "../protocol/alerts.ts";
export type { BlobView } from "../protocol/blob-view.ts";
export type { DisabledReceiverView } from "../protocol/disabled-receivers.ts";
export type { EndpointView, RejectionView } from "../protocol/endpoint-view.ts";
export type { EndpointRequest } from "../protocol/endpoints.ts";
export type { GroupView } from "../protocol/group-view.ts";
export type { GroupRequest } from "../protocol/groups.ts";
export type { ChainJobView, JobView, ReaderJobView, ReadTokenView, StepView } from "../protocol/job-view.ts";
export type { JobListFilter, JobsApi, WaitOptions } from "../protocol/jobs-api.ts";
export type { KeyView, NewKeyView } from "../protocol/key-view.ts";
export type { KeyRequest, RotateKeyRequest } from "../protocol/keys.ts";
export type { JobEvent, MissedEvents } from "../protocol/live-event-view.ts";
export type { JobEventName } from "../protocol/live-events.ts";
export type { NewPlanView, PlanView } from "../protocol/plan-view.ts";
export type { CancellationFilter, ReplayFilter } from "../protocol/plans.ts";
export type { QueueRequest } from "../protocol/queue-settings.ts";
export type { QueueView } from "../protocol/queue-view.ts";
export type { ScheduleView } from "../protocol/schedule-view.ts";
export type { TypedSchedule } from "../protocol/schedules.ts";
export type { ServiceListRequest, SluiceBinding } from "../protocol/service.ts";
export type { SigningSecretView } from "../protocol/signing-secret-view.ts";
export { SluiceError } from "../protocol/sluice-error.ts";
export type { StatsRequest } from "../protocol/stats.ts";
export type { QueueStats, StatsSummary, StatsView } from "../protocol/stats-view.ts";
export type { TenantView } from "../protocol/tenant-view.ts";
export type { TenantChange, TenantRequest } from "../protocol/tenants.ts";
export type { AlertsClient } from "./alerts.ts";
export type { BlobsClient } from "./blobs.ts";
export type { DisabledReceiversClient } from "./disabled-receivers.ts";
export type { EndpointsClient } from "./endpoints.ts";
export type { GroupListFilter, GroupsClient } from "./groups.ts";
export type { KeysClient } from "./keys.ts";
export type { EventsOptions, WatchOptions as WatchJobOptions } from "./live-events.ts";
export { createOperatorClient, type OperatorClient, type OperatorClientOptions } from "./operator-client.ts";
export type { PlansClient } from "./plans.ts";
export type { QueuesClient } from "./queues.ts";
export type { ClientRetry } from "./retrying-fetch.ts";
export type { SchedulesClient } from "./schedules.ts";
export { serviceClient } from "./service-client.ts";
export type { SigningSecretsClient } from "./signing-secrets.ts";
export type { StatsClient } from "./stats.ts";
export type { TenantsClient } from "./tenants.ts";

export interface ClientOptions extends CallOptions {
  /** An API key, `slk_…`. */
  key: string;
}

export interface Client<Types extends JobTypes> {
  readonly jobs: JobsApi<Types> & WatchJobs;
  /** Groups of jobs. */
  readonly groups: GroupsClient;
  /** Replays of many jobs at once. */
  readonly replays: PlansClient<ReplayFilter>;
  /** Cancellations of many jobs at once. */
  readonly cancellations: PlansClient<CancellationFilter>;
  readonly schedules: SchedulesClient<Types>;
  readonly blobs: BlobsClient;
  readonly queues: QueuesClient;
  /** Inbound webhooks. */
  readonly endpoints: EndpointsClient;
  readonly signingSecrets: SigningSecretsClient;
  readonly disabledReceivers: DisabledReceiversClient;
  /** The tenant's own API keys. */
  readonly keys: KeysClient;
  readonly stats: StatsClient;
  readonly alerts: AlertsClient;
  /**
   * The tenant's events as they happen, without an end. Comes back when the stream is lost, from where it was; what was
   * missed in between is said by `events.missed`.
   */
  readonly events: (options?: EventsOptions) => AsyncIterable<JobEvent | MissedEvents>;
}

export interface WatchJobs {
  /** A job's events until it has finished, the first of which says what it is at present (`job.state`). */
  watch(id: string, options?: WatchOptions): AsyncIterable<JobEvent>;
}

/** What an answer may take after the wait that was asked for. */
const WAIT_MARGIN_MS = 10_000;
const PAGE = 100;

/**
 * A typed client: `createClient<Jobs<typeof handlers>>({ url, key })`. Every method throws `SluiceError`. A job that is
 * enqueued gets its id here, so that a call that is tried again cannot make a second one.
 */
export function createClient<Types extends JobTypes>({ key, ...options }: ClientOptions): Client<Types> {
  const { send, call, post, open } = callsAs(key, options);
  return {
    jobs: {
      enqueue: (type, payload, enqueueOptions) => post("/v1/jobs", named({ ...enqueueOptions, type, payload })),
      async enqueueMany(jobs, { group } = {}) {
        if (jobs.length === 0) return [];
        const { data } = await post<{ data: JobView[] }>("/v1/jobs/batch", { jobs: jobs.map(named), group });
        return data;
      },
      get: (id) => call(`/v1/jobs/${encodeURIComponent(id)}`),
      wait: (id, waitOptions) =>
        waitForJob((seconds) => {
          const path = `/v1/jobs/${encodeURIComponent(id)}?wait=${seconds.toFixed(3)}`;
          return call<JobView>(path, {}, seconds * 1_000 + WAIT_MARGIN_MS, waitOptions?.signal);
        }, waitOptions),
      list: (filter) => list(filter ?? {}, call),
      cancel: (id) => post(`/v1/jobs/${encodeURIComponent(id)}/cancel`),
      // Named here, as what is enqueued.
      replay: (id) => post(`/v1/jobs/${encodeURIComponent(id)}/replay`, { id: newJobId() }),
      readToken: (id) => post(`/v1/jobs/${encodeURIComponent(id)}/read-token`),
      watch: (id, watchOptions) => watchJob(open, id, watchOptions),
      runNow: (id) => post(`/v1/jobs/${encodeURIComponent(id)}/run`),
    },
    groups: groupsClient(call),
    replays: plansClient("replays", call),
    cancellations: plansClient("cancellations", call),
    schedules: schedulesClient(send),
    blobs: blobsClient(send),
    queues: queuesClient(send),
    endpoints: endpointsClient(send),
    signingSecrets: signingSecretsClient(call),
    disabledReceivers: disabledReceiversClient(send),
    keys: keysClient(send),
    stats: statsClient(send),
    alerts: alertsClient(send),
    events: (eventsOptions) => tenantEvents(open, eventsOptions),
  };
}

type Get = <T>(path: string) => Promise<T>;

async function* list({ state, type, queue, group }: JobListFilter, get: Get): AsyncIterable<JobView> {
  const query = new URLSearchParams({ limit: String(PAGE), include: "payload,result" });
  if (state !== undefined) query.set("state", [state].flat().join(","));
  if (type !== undefined) query.set("type", type);
  if (group !== undefined) query.set("group", group);
  if (queue !== undefined) query.set("queue", queue);
  for (;;) {
    const page = await get<JobList>(`/v1/jobs?${query.toString()}`);
    yield* page.data;
    if (page.nextCursor === null) return;
    query.set("cursor", page.nextCursor);
  }
}

// A key names the job as well as an id does.
function named<Request extends EnqueueOptions>(job: Request): Request {
  return job.id === undefined && job.idempotencyKey === undefined ? { ...job, id: newJobId() } : job;
}
