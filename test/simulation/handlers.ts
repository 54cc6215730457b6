import { z } from "zod";
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

/** The handlers that run in all of the consumers: each goes on until it is told how to end. */
export class Handlers {
  readonly running = new Set<Run>();
  /** What must never be: jobs that ran twice at a time, or with the payload of another tenant. */
  readonly violations: string[] = [];

  /** The handlers of one consumer. The result of an attempt is its number. */
  registry(process: Process): Registry {
    const work = defineHandler({
      type: "work",
      input: z.unknown(),
      timeout: "30s",
      run: (payload, { tenantId, jobId, attempt, signal }) => {
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
        return promise;
      },
    });
    return createRegistry([work]);
  }

  /** A consumer has ended, and what ran in it with it. */
  forget(process: Process): void {
    for (const run of this.running) if (run.process === process) this.running.delete(run);
  }

  #check({ tenantId, jobId }: Run, payload: unknown): void {
    for (const other of this.running) {
      if (other.jobId === jobId && other.tenantId === tenantId) {
        this.violations.push(`${tenantId}/${jobId} ran twice at a time`);
      }
    }
    const { of = tenantId } = (payload ?? {}) as { readonly of?: string };
    if (of !== tenantId) this.violations.push(`${tenantId}/${jobId} ran with the payload of ${of}`);
  }
}
