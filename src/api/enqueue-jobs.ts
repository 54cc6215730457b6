import type { Config } from "../config.ts";
import type { Registry } from "../domain/registry.ts";
import type { SluiceEnv } from "../env.ts";
import { log } from "../log.ts";
import { readCallback } from "../protocol/callback.ts";
import { pointer } from "../protocol/field-errors.ts";
import type { Admission, AdmittedJob, EnqueueOptions, JobDraft, RateStatus } from "../protocol/gate.ts";
import type { JobView } from "../protocol/job-view.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import { putPayload } from "../storage/payload-objects.ts";
import { checkBlobs } from "./check-blobs.ts";
import { type CheckedJob, draftJobs } from "./draft-jobs.ts";
import { callGate } from "./gate-client.ts";

/** What every call on jobs works with. */
export interface Deployment {
  readonly env: SluiceEnv;
  readonly config: Config;
  readonly registry: Registry;
}

export interface Enqueued {
  readonly jobs: readonly { readonly view: JobView; readonly replayed: boolean }[];
  readonly rate: RateStatus;
  readonly bookmark: string | null;
}

export interface RequestAt {
  readonly value: unknown;
  /** Where it stands in the body: [] or ["jobs", 3]. */
  readonly path: readonly PropertyKey[];
}

/**
 * Enqueues jobs, all or none; resolves once they are durable.
 * @param traceParent of the request that asks for it
 * @throws SluiceError, having changed nothing (except `storage_unavailable`: outcome unknown)
 */
export async function enqueueJobs(
  deployment: Deployment,
  tenantId: string,
  requests: readonly RequestAt[],
  traceParent: string | null,
): Promise<Enqueued> {
  const checked = await nameBlobs(deployment, tenantId, requests, await draftJobs(requests, deployment));
  const paths = requests.map(({ path }) => path);
  const traced = checked.map(({ draft, payload }) => ({ draft: { ...draft, traceParent }, payload }));
  return admitJobs(deployment, tenantId, traceParent === null ? checked : traced, paths);
}

/**
 * Stores large payloads, and has the gate admit the jobs, all or none; what was stored for nothing is removed again.
 * @param paths where each job stands in the caller's body
 * @throws SluiceError, having changed nothing (except `storage_unavailable`: outcome unknown)
 */
export async function admitJobs(
  deployment: Deployment,
  tenantId: string,
  checked: readonly CheckedJob[],
  paths: readonly (readonly PropertyKey[])[],
  options: EnqueueOptions = { metered: true },
): Promise<Enqueued> {
  const drafts = await storePayloads(deployment, tenantId, checked);
  const stored = blobsOf(drafts);
  try {
    const admission = await callGate(deployment.env, tenantId, (gate) => gate.enqueue(drafts, options));
    if (admission.kind === "storage_unavailable" && admission.untried) await removeBlobs(deployment.env.BLOBS, stored);
    if (admission.kind !== "admitted") throw rejection(admission, drafts, paths);
    const kept = new Set(admission.jobs.map((job) => job.payloadBlob));
    await removeBlobs(
      deployment.env.BLOBS,
      stored.filter((key) => !kept.has(key)),
    );
    const jobs = admission.jobs.map((job, index) => ({ view: view(job, drafts[index]), replayed: job.replayed }));
    return { jobs, rate: admission.rate, bookmark: admission.bookmark };
  } catch (error) {
    const unknown = error instanceof SluiceError && error.code === "storage_unavailable";
    // What may have been committed keeps its payload.
    if (!unknown) await removeBlobs(deployment.env.BLOBS, stored);
    throw error;
  }
}

async function nameBlobs(
  { env }: Deployment,
  tenantId: string,
  requests: readonly RequestAt[],
  checked: readonly CheckedJob[],
): Promise<readonly CheckedJob[]> {
  // Few payloads name a blob, and those that do not need no second look.
  if (!checked.some(({ payload }) => payload.includes('"blob_'))) return checked;
  const payloads = requests.map(({ value, path }) => ({
    payload: (value as { payload?: unknown }).payload,
    path: [...path, "payload"],
  }));
  const named = await checkBlobs(payloads, env.BLOBS, tenantId);
  return checked.map(({ draft, payload }, index) => ({ draft: { ...draft, blobs: named[index] ?? [] }, payload }));
}

async function storePayloads(
  { env }: Deployment,
  tenantId: string,
  checked: readonly CheckedJob[],
): Promise<readonly JobDraft[]> {
  const stored = await Promise.allSettled(
    checked.map(async ({ draft, payload }) =>
      draft.payload === null
        ? { ...draft, payloadBlob: await putPayload(env.BLOBS, tenantId, draft.id, payload) }
        : draft,
    ),
  );
  const drafts = stored.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const failed = stored.find((one) => one.status === "rejected");
  if (failed === undefined) return drafts;
  await removeBlobs(env.BLOBS, blobsOf(drafts));
  const detail = "A large payload could not be stored; no job was";
  throw new SluiceError("storage_unavailable", detail, { retryAfterMs: 1_000, cause: failed.reason });
}

function blobsOf(drafts: readonly JobDraft[]): string[] {
  return drafts.flatMap(({ payloadBlob }) => payloadBlob ?? []);
}

// An object that is left behind costs a little; failing here could make a caller send again what was stored.
async function removeBlobs(blobs: R2Bucket, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  try {
    await blobs.delete([...keys]);
  } catch (error) {
    log.warn("payloads were left behind", { keys: keys.slice(0, 10), error });
  }
}

// A job that has just been admitted is known without reading it.
function view({ id, state, createdAt }: AdmittedJob, draft: JobDraft | undefined): JobView {
  return {
    id,
    type: draft?.type ?? "",
    queue: draft?.queue ?? "",
    priority: draft?.priority ?? 0,
    state,
    attempt: 0,
    maxAttempts: draft?.maxAttempts ?? 0,
    createdAt: new Date(createdAt).toISOString(),
    startedAt: null,
    finishedAt: null,
    dueAt: isoTime(draft?.dueAt),
    expiresAt: isoTime(draft?.expiresAt),
    cancelReason: null,
    replayOf: draft?.replayOf ?? null,
    callback: callbackView(draft),
    parentId: null,
    errors: [],
  };
}

function callbackView(draft: JobDraft | undefined): JobView["callback"] {
  const stored = readCallback(draft?.callback ?? null);
  return stored === null ? null : { url: stored.url, on: stored.on, jobId: null };
}

function isoTime(time: number | null | undefined): string | null {
  return time == null ? null : new Date(time).toISOString();
}

function rejection(
  admission: Exclude<Admission, { kind: "admitted" }>,
  drafts: readonly JobDraft[],
  paths: readonly (readonly PropertyKey[])[],
): SluiceError {
  switch (admission.kind) {
    case "rate_limited":
    case "backlog_full":
    case "overloaded": {
      const { limit, retryAfterMs } = admission;
      const detail = `The ${limit.name} limit is ${limit.max}, and ${limit.current} is taken`;
      return new SluiceError(admission.kind, detail, { limit, retryAfterMs, headers: rateHeaders(admission.rate) });
    }
    case "storage_unavailable": {
      const { retryAfterMs, untried } = admission;
      const detail = untried ? "The database cannot be reached; nothing was stored" : "The database did not confirm";
      return new SluiceError("storage_unavailable", detail, { retryAfterMs });
    }
    case "batch_exceeds_burst":
    case "batch_exceeds_backlog":
      return new SluiceError(admission.kind, `${drafts.length} jobs at once, ${admission.max} can be admitted`);
    case "reused": {
      const path = paths[admission.index] ?? [];
      const field = admission.by === "id" ? "id" : "idempotencyKey";
      const where = pointer([...path, field]);
      const errors = [{ pointer: where, detail: "belongs to another request", code: "reused" }];
      return new SluiceError("idempotency_key_reused", `${where} belongs to another request`, { errors });
    }
    case "original_gone":
      return jobNotFound(drafts[admission.index]?.replayOf ?? "");
    case "unknown_tenant":
      return new SluiceError("tenant_not_found", "There is no such tenant");
    case "tenant_suspended":
      return new SluiceError("tenant_suspended", "The tenant is suspended");
    case "refused":
      return new SluiceError("refused", admission.message);
  }
}

export function jobNotFound(id: string): SluiceError {
  return new SluiceError("job_not_found", `There is no job ${id.slice(0, 100)}`);
}

/** The rate limit as response headers (draft-ietf-httpapi-ratelimit-headers-10). */
export function rateHeaders({ rate, burst, remaining }: RateStatus): Record<string, string> {
  const seconds = (tokens: number) => Math.max(1, Math.ceil(tokens / rate));
  return {
    "RateLimit-Policy": `"enqueue";q=${burst};w=${seconds(burst)}`,
    RateLimit: `"enqueue";r=${remaining};t=${seconds(burst - remaining)}`,
  };
}
