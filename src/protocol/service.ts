import type { JobList, JobView, ReadTokenView } from "./job-view.ts";
import type { JobListFilter, JobsApi, JobTypes } from "./jobs-api.ts";
import { SluiceError, type SluiceErrorOptions } from "./sluice-error.ts";

/** The longest that one call from another Worker waits for a job, in seconds. */
export const LONGEST_SERVICE_WAIT_SECONDS = 900;

/** One page of a list. */
export interface ServiceListRequest extends JobListFilter {
  /** `nextCursor` of the page before. */
  readonly cursor?: string | undefined;
  /** 1 to 100, default 25. */
  readonly limit?: number | undefined;
  /** Default: neither. One answer carries at most 32 MiB. */
  readonly include?: readonly ("payload" | "result")[] | undefined;
}

/** What another Worker does with the jobs of the tenant that its binding names. */
export interface ServiceCalls<Types extends JobTypes>
  extends Pick<JobsApi<Types>, "enqueue" | "enqueueMany" | "get" | "cancel" | "runNow" | "replay" | "readToken"> {
  /** The job once it has finished, or as it is after `timeout` seconds: default 30, at most 900. */
  wait(id: string, options?: { readonly timeout?: number | undefined }): Promise<JobView>;
  /** One page, newest first. */
  list(request?: ServiceListRequest): Promise<JobList>;
  readToken(id: string): Promise<ReadTokenView>;
}

export type ServiceCallName = keyof ServiceCalls<JobTypes>;

/**
 * A service binding to Sluice's entry point: `env: { SLUICE: SluiceBinding<Jobs<typeof handlers>> }`. What is refused is
 * thrown: an `Error` with the fields of `SluiceError`, as long as the compatibility dates of both Workers are 2026-04-21
 * or later (or have the flag `enhanced_error_serialization`). Without that RPC keeps only the message; `serviceClient`
 * does not depend on it.
 */
export interface SluiceBinding<Types extends JobTypes = JobTypes> extends ServiceCalls<Types> {
  /** Any of the calls above, with what is refused as a value. */
  call(name: ServiceCallName, args: readonly unknown[]): Promise<ServiceReply>;
}

export type ServiceReply = { readonly value: unknown } | { readonly problem: ServiceProblem };

/** A `SluiceError` as data, without what is nobody else's business. */
export interface ServiceProblem extends Pick<SluiceErrorOptions, "errors" | "retryAfterMs" | "limit"> {
  readonly code: SluiceError["code"];
  readonly detail: string;
  readonly status: number;
}

/** What is told of an error. */
export function toProblem({ code, message, status, errors, retryAfterMs, limit }: SluiceError): ServiceProblem {
  return {
    code,
    detail: message,
    status,
    ...(errors && { errors }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(limit && { limit }),
  };
}

/** The error that a problem tells of. */
export function fromProblem({ code, detail, ...options }: ServiceProblem): SluiceError {
  return new SluiceError(code, detail, options);
}
