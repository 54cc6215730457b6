import { isCalledBack } from "../domain/callback.ts";
import type { TerminalState } from "../domain/job.ts";
import { nextJobId, type StoredChain, type StoredStep } from "../protocol/chain.ts";
import type { ChainJobView, JobView } from "../protocol/job-view.ts";

/** How a job has ended. */
interface Ended {
  readonly state: TerminalState;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** What follows on a job as callers see it. */
export function chainView(
  chain: StoredChain | null,
  ended: Ended | null,
): Pick<JobView, "next" | "onFailure" | "nextJobId"> {
  if (chain === null) return { next: [], onFailure: null, nextJobId: null };
  const { on, steps, onFailure } = chain;
  const follows = ended !== null && isCalledBack(on, ended.state);
  return {
    next: steps.map(stepView),
    onFailure: onFailure === undefined ? null : stepView(onFailure),
    nextJobId: follows ? nextJobId(chain, ended.state === "succeeded", ended.at) : null,
  };
}

function stepView({ type, queue }: StoredStep): ChainJobView {
  return { type, queue };
}
