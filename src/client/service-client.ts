import type { JobList, JobView } from "../protocol/job-view.ts";
import type { JobListFilter, JobsApi, JobTypes } from "../protocol/jobs-api.ts";
import { fromProblem, type ServiceCallName, type ServiceReply, type SluiceBinding } from "../protocol/service.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import { waitForJob } from "../protocol/wait-for-job.ts";

const PAGE = 100;

/**
 * Jobs through a service binding, as code of the same Worker has them: `serviceClient(env.SLUICE)`. Every method throws
 * `SluiceError`; `network_error` when the call itself has failed, and nobody knows its outcome. `list` gives jobs without
 * their payloads and results: an answer carries at most 32 MiB.
 */
export function serviceClient<Types extends JobTypes>(binding: SluiceBinding<Types>): JobsApi<Types> {
  const call = async <T>(name: ServiceCallName, ...args: readonly unknown[]): Promise<T> => {
    const reply = await replyOf(binding.call(name, args));
    if ("problem" in reply) throw fromProblem(reply.problem);
    return reply.value as T;
  };
  return {
    enqueue: (type, payload, options) => call("enqueue", type, payload, options),
    enqueueMany: (jobs) => call("enqueueMany", jobs),
    get: (id) => call("get", id),
    wait: (id, options) => waitForJob((timeout) => call<JobView>("wait", id, { timeout }), options),
    list: (filter) => list(filter ?? {}, (request) => call("list", request)),
    cancel: (id) => call("cancel", id),
    runNow: (id) => call("runNow", id),
    replay: (id) => call("replay", id),
    readToken: (id) => call("readToken", id),
  };
}

async function replyOf(called: Promise<ServiceReply>): Promise<ServiceReply> {
  try {
    return await called;
  } catch (cause) {
    const says = cause instanceof Error ? cause.message : String(cause);
    throw new SluiceError("network_error", `The service binding has failed: ${says}`, { cause });
  }
}

async function* list(filter: JobListFilter, page: (request: object) => Promise<JobList>): AsyncIterable<JobView> {
  let cursor: string | null | undefined;
  do {
    const { data, nextCursor }: JobList = await page({ ...filter, limit: PAGE, ...(cursor && { cursor }) });
    yield* data;
    cursor = nextCursor;
  } while (cursor !== null);
}
