import { z } from "zod";
import { CALLBACK_TYPE } from "../../src/domain/callback.ts";
import { defineHandler } from "../../src/domain/handler.ts";
import { FatalError } from "../../src/domain/outcome.ts";
import { createRegistry, type Registry } from "../../src/domain/registry.ts";
import type { Process } from "./process.ts";

/** A handler that is in the middle of a job. */
export interface Run {
  readonly tenantId: string;
  readonly jobId: string;
  readonly attempt: number;
  readonly process: Process;
  readonly end: (outcome: "succeeds" | "fails" | "fails for good") => void;
}

/** Who is told of the ends of a tenant's jobs. */
export function callbackUrl(tenantId: string): string {
  return `https://${tenantId}.example.com/`;
}

/** The handlers that run in all of the consumers: each goes on until it is told how to end. */
export class Handlers {
  readonly running = new Set<Run>();
  /** What must never be: jobs that ran twice at a time, beside others though they must run alone, or with the payload of another tenant. */
  readonly violations: string[] = [];
  readonly #mustRunAlone: (tenantId: string, jobId: string) => boolean;

  /** @param mustRunAlone whether a job has lost a lease */
  constructor(mustRunAlone: (tenantId: string, jobId: string) => boolean) {
    this.#mustRunAlone = mustRunAlone;
  }

  /** The handlers of one consumer. The result of an attempt is its number. */
  registry(process: Process): Registry {
    const work = defineHandler({
      type: "work",
      input: z.unknown(),
      timeout: "30s",
      run: async (payload, { tenantId, jobId, attempt, signal, enqueueMany }) => {
        const { promise, resolve, reject } = Promise.withResolvers<number>();
        const run: Run = {
          tenantId,
          jobId,
          attempt,
          process,
          end: (outcome) => {
            this.running.delete(run);
            if (outcome === "succeeds") resolve(attempt);
            else reject(outcome === "fails" ? new Error("no luck") : new FatalError("never"));
          },
        };
        this.#check(run, payload);
        this.running.add(run);
        // A well-behaved handler ends when its time is up.
        signal.addEventListener("abort", () => run.end("fails"));
        const result = await promise;
        const { children = 0, grouped = false } = (payload ?? {}) as { children?: number; grouped?: boolean };
        const child = { type: "work", payload: { of: tenantId, part: "child" }, queue: "a", maxAttempts: 1 };
        const onComplete = { ...child, payload: { of: tenantId, part: "last" } };
        if (children > 0) {
          const jobs = Array.from({ length: children }, () => child);
          await enqueueMany(jobs, grouped ? { group: { onComplete } } : {});
        }
        return result;
      },
    });
    return createRegistry([work], [{ ...work, type: CALLBACK_TYPE }]);
  }

  /** A consumer has ended, and what ran in it with it. */
  forget(process: Process): void {
    for (const run of this.running) if (run.process === process) this.running.delete(run);
  }

  #check(run: Run, payload: unknown): void {
    const { tenantId, jobId, process } = run;
    for (const other of this.running) {
      const isBeside =
        other.process === process && [run, other].some((one) => this.#mustRunAlone(one.tenantId, one.jobId));
      if (isBeside) this.violations.push(`${tenantId}/${jobId} ran beside ${other.tenantId}/${other.jobId}`);
      if (other.jobId === jobId && other.tenantId === tenantId) {
        this.violations.push(`${tenantId}/${jobId} ran twice at a time`);
      }
    }
    const { of = tenantId, url = callbackUrl(of) } = (payload ?? {}) as { readonly of?: string; readonly url?: string };
    if (of !== tenantId || url !== callbackUrl(tenantId))
      this.violations.push(`${tenantId}/${jobId} ran with the payload of ${of}, ${url}`);
  }
}
