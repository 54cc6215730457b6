import { blobsIn, usableUntil } from "../domain/blob.ts";
import type { Child, Children, GroupOptions } from "../domain/child-job.ts";
import { FatalError } from "../domain/outcome.ts";
import { type Checking, toJson } from "../drafts/check-job.ts";
import { draftGroup } from "../drafts/draft-group.ts";
import { type CheckedJob, draftJobs } from "../drafts/draft-jobs.ts";
import { readChain } from "../protocol/chain.ts";
import { fieldErrors } from "../protocol/field-errors.ts";
import type { JobDraft } from "../protocol/gate.ts";
import { type GroupDraft, groupRequestSchema } from "../protocol/groups.ts";
import { childRequestSchema } from "../protocol/job-request.ts";
import { invalidRequest, SluiceError } from "../protocol/sluice-error.ts";
import type { ClaimedJob } from "../storage/claim-jobs.ts";
import type { ChildJobs } from "../storage/insert-children.ts";
import { putPayload } from "../storage/payload-objects.ts";

/** Jobs that one attempt may enqueue. */
const MOST_CHILDREN = 1_000;
/** Bytes of their payloads, with those of what follows on them. */
const MOST_CHILD_BYTES = 1_000_000;

/** What children are made with. */
export interface ChildResources extends Checking {
  readonly blobs: R2Bucket;
}

/** Collects what one attempt enqueues, until the attempt is over. */
export class ChildCollector {
  readonly #job: ClaimedJob;
  readonly #resources: ChildResources;
  readonly #drafts: JobDraft[] = [];
  readonly #groups: GroupDraft[] = [];
  #begun = 0;
  #bytes = 0;
  #isOver = false;

  constructor(job: ClaimedJob, resources: ChildResources) {
    this.#job = job;
    this.#resources = resources;
  }

  /** What there is to be stored; from now on nothing can be added. */
  end(): ChildJobs | undefined {
    this.#isOver = true;
    return this.#drafts.length === 0 ? undefined : { drafts: this.#drafts, groups: this.#groups };
  }

  readonly enqueueMany: Children["enqueueMany"] = async (jobs, { group } = {}) => {
    this.#begun += jobs.length;
    if (this.#begun > MOST_CHILDREN) {
      throw new FatalError(
        `more than ${MOST_CHILDREN} jobs enqueued by one attempt: enqueue jobs that enqueue the others`,
      );
    }
    const drafted = await this.#draft(jobs, group);
    const checked = drafted.members;
    this.#bytes += checked.reduce((sum, { draft, payload }) => sum + payload.length + (draft.next?.length ?? 0), 0);
    if (this.#bytes > MOST_CHILD_BYTES) {
      throw new FatalError(
        `the jobs enqueued by one attempt have more than ${MOST_CHILD_BYTES} bytes: enqueue jobs that enqueue the others`,
      );
    }
    const drafts = await Promise.all(checked.map((one) => this.#store(one)));
    if (this.#isOver) throw new Error("the attempt is over: nothing can be enqueued any more");
    this.#drafts.push(...drafts);
    if (drafted.group !== null) this.#groups.push(drafted.group);
    return { ids: drafts.map(({ id }) => id), groupId: drafted.group?.id ?? null };
  };

  async #draft(
    jobs: readonly Child[],
    asked: GroupOptions | undefined,
  ): Promise<{ readonly members: readonly CheckedJob[]; readonly group: GroupDraft | null }> {
    try {
      const requests = jobs.map((job, index) => {
        const path = ["jobs", index];
        // As over HTTP: what JSON changes or cannot carry is refused now, not when the job runs.
        return { value: JSON.parse(toJson(job, [...path, "payload"])) as unknown, path };
      });
      const checked = await draftJobs(requests, this.#resources, childRequestSchema);
      if (asked === undefined || checked.length === 0) return { members: checked, group: null };
      const parsed = groupRequestSchema.safeParse(JSON.parse(toJson(asked, ["group", "onComplete", "payload"])));
      if (!parsed.success) throw invalidRequest(fieldErrors(parsed.error, ["group"]));
      return await draftGroup(parsed.data, checked, ["group"], this.#resources, this.#job.id);
    } catch (error) {
      throw error instanceof SluiceError ? new FatalError(error.message) : error;
    }
  }

  async #store({ draft, payload }: CheckedJob): Promise<JobDraft> {
    const { tenantId, traceParent } = this.#job;
    const stored = draft.payload === null ? await putPayload(this.#resources.blobs, tenantId, draft.id, payload) : null;
    const blobs = [...new Set([...draft.blobs, ...namedBlobs(draft, payload)])];
    this.#assertKept(blobs);
    return { ...draft, payloadBlob: stored, blobs, traceParent };
  }

  /** Blobs that may have been swept by the time at which somebody looks for them cannot be named. */
  #assertKept(named: readonly string[]): void {
    const known = `${this.#job.payload}${this.#job.previous}`;
    const old = named.find((id) => usableUntil(id) < Date.now() && !known.includes(id));
    if (old !== undefined) throw new FatalError(`${old} was made over 24 hours ago, and this job does not name it`);
  }
}

/** The blobs that a job names, and those that follow on it. */
function namedBlobs({ next }: JobDraft, payload: string): string[] {
  const chain = readChain(next ?? null);
  const steps = [...(chain?.steps ?? []), ...(chain?.onFailure ? [chain.onFailure] : [])];
  const own = payload.includes('"blob_') ? blobsIn(JSON.parse(payload)).keys() : [];
  return [...own, ...steps.flatMap(({ blobs }) => blobs)];
}
