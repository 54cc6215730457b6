import { z } from "zod";
import type { Scope } from "../domain/grant.ts";
import { JOB_STATES } from "../domain/job.ts";
import type { JobsApi, JobTypes } from "../protocol/jobs-api.ts";
import { LONGEST_SERVICE_WAIT_SECONDS, type ServiceCallName } from "../protocol/service.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import { checkedRequest } from "./checked-request.ts";
import type { Deployment } from "./deployment.ts";
import { assertScope, type ServiceGrant } from "./service-props.ts";
import { TenantJobs } from "./tenant-jobs.ts";
import { tenantJobs } from "./typed-jobs.ts";

const PAGE = 25;
const MOST_LISTED = 100;

const idSchema = z.object({ id: z.string() });
const manySchema = z.object({ jobs: z.array(z.unknown()) });
const waitSchema = z.strictObject({ timeout: z.number().min(0).max(LONGEST_SERVICE_WAIT_SECONDS).optional() });
const stateSchema = z.enum(JOB_STATES);
const listSchema = z.strictObject({
  state: z.union([stateSchema, z.array(stateSchema).min(1)]).optional(),
  type: z.string().max(100).optional(),
  queue: z.string().max(128).optional(),
  cursor: z.string().max(4_000).optional(),
  limit: z.int().min(1).max(MOST_LISTED).default(PAGE),
  include: z.array(z.enum(["payload", "result"])).default([]),
});

interface Called {
  readonly jobs: JobsApi<JobTypes>;
  readonly pages: Pick<TenantJobs, "list">;
}

interface Call {
  readonly scope: Scope;
  readonly carryOut: (called: Called, ...args: readonly unknown[]) => Promise<unknown>;
}

/** What other Workers may ask for, and with which scope. */
const CALLS: Readonly<Record<ServiceCallName, Call>> = {
  enqueue: {
    scope: "jobs:write",
    // The rest of a request is checked as that over HTTP is.
    carryOut: ({ jobs }, type, payload, options) => jobs.enqueue(type as string, payload, options ?? {}),
  },
  enqueueMany: {
    scope: "jobs:write",
    carryOut: ({ jobs }, requests) => jobs.enqueueMany(checkedRequest(manySchema, { jobs: requests }).jobs as never),
  },
  get: { scope: "jobs:read", carryOut: ({ jobs }, id) => jobs.get(idOf(id)) },
  wait: {
    scope: "jobs:read",
    carryOut: ({ jobs }, id, options) => {
      const { timeout } = checkedRequest(waitSchema, options ?? {});
      return jobs.wait(idOf(id), timeout === undefined ? {} : { timeout });
    },
  },
  list: {
    scope: "jobs:read",
    carryOut: ({ pages }, request) => {
      const { include, ...rest } = checkedRequest(listSchema, request ?? {});
      return pages.list({ ...rest, include: new Set(include) });
    },
  },
  cancel: { scope: "jobs:write", carryOut: ({ jobs }, id) => jobs.cancel(idOf(id)) },
  runNow: { scope: "jobs:write", carryOut: ({ jobs }, id) => jobs.runNow(idOf(id)) },
  replay: { scope: "jobs:write", carryOut: ({ jobs }, id) => jobs.replay(idOf(id)) },
  readToken: { scope: "jobs:read", carryOut: ({ jobs }, id) => jobs.readToken(idOf(id)) },
};

export const SERVICE_CALLS = Object.keys(CALLS) as readonly ServiceCallName[];

/**
 * Does what another Worker has asked for, as far as its binding allows it.
 * @throws SluiceError
 */
export async function carryOutCall(
  deployment: Deployment,
  grant: ServiceGrant,
  name: unknown,
  args: readonly unknown[],
): Promise<unknown> {
  if (typeof name !== "string" || !isCall(name)) throw new SluiceError("not_found", "There is no such call");
  assertScope(grant, CALLS[name].scope);
  const { tenantId, types } = grant;
  const jobs = tenantJobs<JobTypes>(deployment, tenantId, types);
  return CALLS[name].carryOut({ jobs, pages: new TenantJobs(deployment, tenantId, types) }, ...args);
}

function isCall(name: string): name is ServiceCallName {
  return Object.hasOwn(CALLS, name);
}

function idOf(id: unknown): string {
  return checkedRequest(idSchema, { id }).id;
}
