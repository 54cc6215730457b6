import { endGroups } from "./end-groups.ts";
import type { EndingJob } from "./ending-jobs.ts";
import { insertCallbacks } from "./insert-callbacks.ts";
import { insertNext } from "./insert-next.ts";

/**
 * The statements that insert what follows on the end of jobs: the deliveries of their callbacks, the next jobs of their
 * chains, the end of their groups. They stand in the batch of whatever ends the jobs, after it, and look at what that has done: a job that has
 * not ended, or not at this time, has no follow-ups. The jobs that they insert wait for a time, which has mostly come,
 * so that the gate finds them even if nobody tells it. Safe to repeat: an id follows from what is in the row, and the
 * results, each a `FollowUp`, are those that are new. There are none for jobs on which nothing can follow.
 */
export function insertFollowUps(db: D1Database, ending: readonly EndingJob[]): D1PreparedStatement[] {
  const called = ending.filter(({ callbackOn }) => callbackOn !== null);
  const linked = ending.filter(({ nextOn }) => nextOn !== null);
  const members = ending.filter(({ groupId }) => groupId !== null);
  return [
    ...(called.length === 0 ? [] : [insertCallbacks(db, called)]),
    ...(linked.length === 0 ? [] : insertNext(db, linked)),
    ...(members.length === 0 ? [] : endGroups(db, members)),
  ];
}
