import type { GroupState } from "../domain/group.ts";
import type { GroupList, GroupView } from "../protocol/group-view.ts";

export interface GroupListFilter {
  readonly state?: GroupState | readonly GroupState[] | undefined;
}

const PAGE = 100;

/** Groups of jobs: `jobs.enqueueMany(jobs, { group })` makes one. Every method throws `SluiceError`. */
export interface GroupsClient {
  /** Newest first, of the given states or of all. */
  list(filter?: GroupListFilter): AsyncIterable<GroupView>;
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
    async *list({ state } = {}) {
      const query = new URLSearchParams({ limit: String(PAGE) });
      if (state !== undefined) query.set("state", [state].flat().join(","));
      for (;;) {
        const page = await call<GroupList>(`/v1/groups?${query.toString()}`);
        yield* page.data;
        if (page.nextCursor === null) return;
        query.set("cursor", page.nextCursor);
      }
    },
    get: (id) => call(at(id)),
    cancel: (id) => call(`${at(id)}/cancel`, { method: "POST" }),
  };
}
