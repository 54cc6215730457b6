import type { GroupList, GroupView } from "../../protocol/group-view.ts";
import { read } from "./api.ts";

/** Which groups are listed; what is undefined does not narrow. */
export interface GroupsFilter {
  readonly state?: string | undefined;
  readonly cursor?: string | undefined;
}

/** One page of groups, newest first. */
export function readGroups(filter: GroupsFilter, limit: number): Promise<GroupList> {
  return read<GroupList>("/v1/groups", { ...filter, limit: String(limit) });
}

export function readGroup(id: string): Promise<GroupView> {
  return read<GroupView>(`/v1/groups/${encodeURIComponent(id)}`);
}
