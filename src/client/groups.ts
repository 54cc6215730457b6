import type { GroupView } from "../protocol/group-view.ts";

/** Groups of jobs: `jobs.enqueueMany(jobs, { group })` makes one. Every method throws `SluiceError`. */
export interface GroupsClient {
  /** How many of its jobs have ended how. */
  get(id: string): Promise<GroupView>;
  /** Stops it: its jobs that do not run are cancelled soon, those that run are asked to end. */
  cancel(id: string): Promise<GroupView>;
}

type Call = <Answer>(path: string, init?: RequestInit) => Promise<Answer>;

/** @param call sends a request until it is answered, and returns the answer's JSON */
export function groupsClient(call: Call): GroupsClient {
  const at = (id: string) => `/v1/groups/${encodeURIComponent(id)}`;
  return {
    get: (id) => call(at(id)),
    cancel: (id) => call(`${at(id)}/cancel`, { method: "POST" }),
  };
}
