import { type CallbackCondition, isCalledBack } from "./callback.ts";
import { isTerminal, type JobState } from "./job.ts";

/** What may follow on a job's end, as far as that is known before it has ended. */
export interface Following {
  /** When somebody is to be told of its end; null: never. */
  readonly callbackOn: CallbackCondition | null;
  /** When a job of its chain follows; null: never. */
  readonly nextOn: CallbackCondition | null;
  /** The group that it is a member of. */
  readonly groupId: string | null;
}

/** How many jobs have followed for sure on the end of a job that is now in this state. */
export function surelyFollowed({ callbackOn, nextOn }: Following, state: JobState): number {
  return [callbackOn, nextOn].filter((on) => isCalledBack(on, state)).length;
}

/** Whether anything may have followed on a job that is now in this state. */
export function mayBeFollowed(job: Following, state: JobState): boolean {
  return surelyFollowed(job, state) > 0 || (job.groupId !== null && isTerminal(state));
}
