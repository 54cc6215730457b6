import { createApp } from "./api/app.ts";
import { type SluiceServiceClass, sluiceService } from "./api/sluice-service.ts";
import { tenantJobs } from "./api/typed-jobs.ts";
import { deliverCallback } from "./callbacks/deliver-callback.ts";
import { readConfig } from "./config.ts";
import { consumeBatch } from "./consumer/consume-batch.ts";
import { type AnyHandler, createRegistry, type Jobs } from "./domain/registry.ts";
import type { SluiceEnv } from "./env.ts";
import { tick } from "./maintenance/tick.ts";
import type { JobsApi } from "./protocol/jobs-api.ts";

export {
  type Answers,
  type BatchContext,
  type BatchHandler,
  type BatchJob,
  defineBatchHandler,
} from "./domain/batch-handler.ts";
export type { BlobContent, BlobInput, BlobRef, JobBlobs } from "./domain/blob.ts";
export type { Child, ChildOptions, EnqueuedChildren, GroupOptions, Step, StepOptions } from "./domain/child-job.ts";
export type { Duration } from "./domain/duration.ts";
export { defineHandler, type Handler, type JobContext, type SignatureHeaders } from "./domain/handler.ts";
export type { JobLog, LogFields } from "./domain/log-line.ts";
export { FatalError, RetryError } from "./domain/outcome.ts";
export type { Jobs } from "./domain/registry.ts";
export type { RetryOptions } from "./domain/retry-options.ts";
export type { SluiceEnv } from "./env.ts";
export { type WebhookPayload, webhookPayloadSchema } from "./inbound/webhook-payload.ts";
export { blobRef } from "./protocol/blob-ref.ts";
export type { GroupRequest } from "./protocol/groups.ts";
export type { ChainJobView, JobView, StepView } from "./protocol/job-view.ts";
export type { JobsApi } from "./protocol/jobs-api.ts";
export { SluiceError } from "./protocol/sluice-error.ts";

export interface SluiceOptions<Handlers extends readonly AnyHandler[]> {
  handlers: Handlers;
  /** Where the API is mounted: "/queue" makes it `/queue/v1/jobs`. Default: at the root. */
  basePath?: string;
}

/** A Worker's entry points, and what a team's own routes need. */
export interface Sluice<Handlers extends readonly AnyHandler[]> {
  fetch: (request: Request, env: SluiceEnv, ctx: ExecutionContext) => Response | Promise<Response>;
  queue: (batch: MessageBatch, env: SluiceEnv) => Promise<void>;
  scheduled: (controller: ScheduledController, env: SluiceEnv) => Promise<void>;
  /** The Hono app, to mount in a team's own. */
  app: ReturnType<typeof createApp>;
  /** Enqueue and read a tenant's jobs from the same Worker, without HTTP and without a key. */
  jobs: (env: SluiceEnv, tenantId: string) => JobsApi<Jobs<Handlers>>;
  /** The entry point for other Workers of the account: `export const { SluiceService } = sluice`. */
  SluiceService: SluiceServiceClass<Jobs<Handlers>>;
}

/**
 * Sluice with these handlers, ready to be a Worker's default export. The Worker must export `TenantGate` too.
 * @throws Error when two handlers have the same type, or one that begins with `sluice.`
 */
export function createSluice<const Handlers extends readonly AnyHandler[]>({
  handlers,
  basePath = "/",
}: SluiceOptions<Handlers>): Sluice<Handlers> {
  const registry = createRegistry(handlers, [deliverCallback]);
  const app = createApp(registry, basePath);
  return {
    app,
    fetch: (request, env, ctx) => app.fetch(request, env, ctx),
    queue: (batch, env) => consumeBatch(batch, env, registry),
    scheduled: (controller, env) => tick(env, controller.scheduledTime, registry),
    jobs: (env, tenantId) => tenantJobs({ env, config: readConfig(env), registry }, tenantId),
    SluiceService: sluiceService(registry),
  };
}
