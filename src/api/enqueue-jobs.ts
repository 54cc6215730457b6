import { type DraftedGroup, draftGroup } from "../drafts/draft-group.ts";
import { type CheckedJob, draftJobs } from "../drafts/draft-jobs.ts";
import { fieldErrors } from "../protocol/field-errors.ts";
import type { EnqueueOptions, RateStatus } from "../protocol/gate.ts";
import { groupRequestSchema } from "../protocol/groups.ts";
import type { JobRequest } from "../protocol/job-request.ts";
import type { JobView } from "../protocol/job-view.ts";
import { pack } from "../protocol/packed.ts";
import { sha256 } from "../protocol/sha256.ts";
import { invalidRequest, SluiceError } from "../protocol/sluice-error.ts";
import { checkBlobs, type PayloadAt } from "./check-blobs.ts";
import type { Deployment } from "./deployment.ts";
import { callGate } from "./gate-client.ts";
import { rejection } from "./rejection.ts";
import { storedJobView } from "./stored-job-view.ts";
import { removePayloads, storePayloads } from "./stored-payloads.ts";

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
  const bucket = deployment.env.BLOBS;
  const drafts = await storePayloads(bucket, tenantId, checked);
  try {
    const admission = await callGate(deployment.env, tenantId, (gate) => gate.enqueue(pack(drafts), options));
    if (admission.kind === "storage_unavailable" && admission.untried) await removePayloads(bucket, drafts);
    if (admission.kind !== "admitted") throw rejection(admission, drafts, paths);
    const { originals, storedAt, rate, bookmark } = admission;
    const repeated = drafts.filter((_, index) => originals[index] !== null);
    await removePayloads(bucket, repeated, new Set(originals.map((original) => original?.payloadBlob ?? null)));
    const jobs = drafts.map((draft, index) => {
      const original = originals[index] ?? null;
      return { view: storedJobView(draft, storedAt, original), replayed: original !== null };
    });
    return { jobs, rate, bookmark };
  } catch (error) {
    const unknown = error instanceof SluiceError && error.code === "storage_unavailable";
    // What may have been committed keeps its payload.
    if (!unknown) await removePayloads(bucket, drafts);
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
