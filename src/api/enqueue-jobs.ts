import type { Config } from "../config.ts";
import type { Registry } from "../domain/registry.ts";
import { type DraftedGroup, draftGroup } from "../drafts/draft-group.ts";
import { type CheckedJob, draftJobs } from "../drafts/draft-jobs.ts";
import type { SluiceEnv } from "../env.ts";
import { log } from "../log.ts";
import { readCallback } from "../protocol/callback.ts";
import { readChain } from "../protocol/chain.ts";
import { fieldErrors, pointer } from "../protocol/field-errors.ts";
import type { Admission, AdmittedJob, EnqueueOptions, JobDraft, RateStatus } from "../protocol/gate.ts";
import { groupRequestSchema } from "../protocol/groups.ts";
import type { JobRequest } from "../protocol/job-request.ts";
import type { JobView } from "../protocol/job-view.ts";
import { sha256 } from "../protocol/sha256.ts";
import { invalidRequest, SluiceError } from "../protocol/sluice-error.ts";
import { putPayload } from "../storage/payload-objects.ts";
import { chainView } from "./chain-view.ts";
import { checkBlobs, type PayloadAt } from "./check-blobs.ts";
import { callGate } from "./gate-client.ts";

/** What every call on jobs works with. */
export interface Deployment {
  readonly env: SluiceEnv;
  readonly config: Config;
  readonly registry: Registry;
}

const GROUP = ["group"];

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
 * @param asked the group that they are to be, as the caller has sent it
 * @throws SluiceError, having changed nothing (except `storage_unavailable`: outcome unknown)
 */
export async function enqueueJobs(
  deployment: Deployment,
  tenantId: string,
  requests: readonly RequestAt[],
  traceParent: string | null,
  asked?: unknown,
): Promise<Enqueued> {
  const drafted = await draftJobs(requests, deployment);
  const grouped = asked === undefined ? null : await groupJobs(deployment, drafted, asked);
  const members = grouped?.members ?? drafted;
  const checked = await nameBlobs(deployment, tenantId, requests, members, onCompleteOf(asked));
  const paths = requests.map(({ path }) => path);
  const traced = checked.map(({ draft, payload }) => ({ draft: { ...draft, traceParent }, payload }));
  const options = { metered: true, ...(grouped && { group: grouped.group }) };
  return admitJobs(deployment, tenantId, traceParent === null ? checked : traced, paths, options);
}

// Which group its jobs are of is a part of a request: the same keys with another group are another request.
async function groupJobs(deployment: Deployment, jobs: readonly CheckedJob[], asked: unknown): Promise<DraftedGroup> {
  const parsed = groupRequestSchema.safeParse(asked);
  if (!parsed.success) throw invalidRequest(fieldErrors(parsed.error, GROUP));
  const { group, members } = await draftGroup(parsed.data, jobs, GROUP, deployment);
  const digested = JSON.stringify(parsed.data);
  const digest = async (of: string | null) => of && sha256(JSON.stringify([of, digested]));
  return {
    group,
    members: await Promise.all(
      members.map(async ({ draft, payload }) => ({
        draft: { ...draft, requestDigest: await digest(draft.requestDigest) },
        payload,
      })),
    ),
  };
}

function onCompleteOf(group: unknown): PayloadAt[] {
  const { onComplete } = (group ?? {}) as { readonly onComplete?: { readonly payload?: unknown } };
  return onComplete === undefined ? [] : [{ payload: onComplete.payload, path: [...GROUP, "onComplete", "payload"] }];
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
  last: readonly PayloadAt[],
): Promise<readonly CheckedJob[]> {
  // Few payloads name a blob, and those that do not need no second look.
  const names = ({ draft, payload }: CheckedJob) =>
    draft.blobs.length > 0 || `${payload}${draft.next ?? ""}`.includes('"blob_');
  if (!checked.some(names)) return checked;
  // Until the last job of a group is there, the first one names its blobs.
  const payloads = requests.map((request, index) => [...payloadsOf(request), ...(index === 0 ? last : [])]);
  const named = (await checkBlobs(payloads.flat(), env.BLOBS, tenantId)).values();
  return checked.map(({ draft, payload }, index) => {
    const blobs = (payloads[index] ?? []).flatMap(() => named.next().value ?? []);
    return { draft: { ...draft, blobs: [...new Set(blobs)] }, payload };
  });
}

/** The payload of a job, and those of the jobs that follow on it, which name their blobs as long as it is there. */
function payloadsOf({ value, path }: RequestAt): PayloadAt[] {
  const { then = [], onFailure, ...job } = value as JobRequest;
  return [
    { payload: job.payload, path: [...path, "payload"] },
    ...then.map(({ payload }, index) => ({ payload, path: [...path, "then", index, "payload"] })),
    ...(onFailure ? [{ payload: onFailure.payload, path: [...path, "onFailure", "payload"] }] : []),
  ];
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
  const { next, onFailure, nextJobId } = chainView(readChain(draft?.next ?? null), null);
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
    parentId: draft?.parentId ?? null,
    groupId: draft?.groupId ?? null,
    next,
    onFailure,
    nextJobId,
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
