import { toJson } from "../drafts/check-job.ts";
import { batchRequestSchema } from "../protocol/job-request.ts";
import type { JobList, JobView } from "../protocol/job-view.ts";
import type { JobsApi, JobTypes } from "../protocol/jobs-api.ts";
import { waitForJob } from "../protocol/wait-for-job.ts";
import type { AllowedTypes } from "./allowed-types.ts";
import { checkedRequest } from "./checked-request.ts";
import type { Deployment } from "./deployment.ts";
import type { RequestAt } from "./enqueue-jobs.ts";
import { maxPayloadOf } from "./known-tenants.ts";
import { TenantJobs, WHOLE } from "./tenant-jobs.ts";

const PAGE = 100;

// As over HTTP: what JSON changes or cannot carry is refused now, not when the job runs.
function written(request: unknown, path: readonly PropertyKey[]): unknown {
  return JSON.parse(toJson(request, [...path, "payload"]));
}

/**
 * A tenant's jobs, typed, for code of the same Worker.
 * @param types those of jobs that the caller may see and change
 */
export function tenantJobs<Types extends JobTypes>(
  deployment: Deployment,
  tenantId: string,
  types: AllowedTypes = null,
): JobsApi<Types> {
  const jobs = () => new TenantJobs(deployment, tenantId, types);
  const enqueue = async (requests: readonly RequestAt[], group?: unknown) => {
    const sent = requests.map(({ value, path }) => ({ value: written(value, path), path }));
    const sentGroup = group === undefined ? undefined : written(group, ["group", "onComplete"]);
    const config = { ...deployment.config, maxPayloadBytes: await maxPayloadOf(deployment.env, tenantId) };
    const enqueued = await new TenantJobs({ ...deployment, config }, tenantId, types).enqueue(sent, null, sentGroup);
    return enqueued.jobs.map(({ view }) => view);
  };
  return {
    async enqueue(type, payload, options) {
      const [view] = await enqueue([{ value: { ...options, type, payload }, path: [] }]);
      return view as JobView<never, never>;
    },
    async enqueueMany(requests, { group } = {}) {
      if (requests.length === 0) return [];
      checkedRequest(batchRequestSchema, { jobs: requests });
      const sent = requests.map((value, index) => ({ value, path: ["jobs", index] }));
      return enqueue(sent, group);
    },
    get: (id) => jobs().get(id),
    wait: (id, options) => waitForJob((seconds) => jobs().wait(id, seconds * 1_000), options),
    async *list(filter = {}) {
      let cursor: string | undefined;
      do {
        const page: JobList = await jobs().list({ ...filter, cursor, limit: PAGE, include: WHOLE });
        yield* page.data;
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
    },
    cancel: (id) => jobs().cancel(id),
    runNow: (id) => jobs().runNow(id),
    readToken: (id) => jobs().readToken(id),
    async replay(id) {
      const [replay] = (await jobs().replay(id, {})).jobs;
      return replay?.view as JobView;
    },
  };
}
