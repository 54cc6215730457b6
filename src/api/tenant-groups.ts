import { isJobId } from "../domain/id.ts";
import type { StoredStep } from "../protocol/chain.ts";
import { followUpId } from "../protocol/follow-up-id.ts";
import type { GroupListQuery } from "../protocol/group-list-query.ts";
import type { GroupList, GroupView } from "../protocol/group-view.ts";
import { decodeCursor, encodeCursor } from "../protocol/list-cursor.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import { readGroup, type StoredGroup, stopGroup } from "../storage/job-groups.ts";
import { listGroups } from "../storage/list-groups.ts";
import { type AllowedTypes, typeNotAllowed } from "./allowed-types.ts";
import type { Deployment } from "./deployment.ts";
import { inStorage } from "./in-storage.ts";
import { wakeGate } from "./wake-gate.ts";

/** What can be done with one tenant's groups. Every method throws `SluiceError`. */
export class TenantGroups {
  readonly #deployment: Deployment;
  readonly #tenantId: string;
  readonly #types: AllowedTypes;

  /** @param types those of jobs that the caller may see and change: all of a group's, or the group is not theirs */
  constructor(deployment: Deployment, tenantId: string, types: AllowedTypes = null) {
    this.#deployment = deployment;
    this.#tenantId = tenantId;
    this.#types = types;
  }

  /** A page of the groups that the caller may see, newest first. */
  async list({ state, cursor, limit }: GroupListQuery): Promise<GroupList> {
    const states = state && [...new Set(state)].toSorted();
    const bound = JSON.stringify(["groups", states ?? null]);
    const before = cursor === undefined ? null : decodeCursor(cursor, bound);
    if (cursor !== undefined && before === null) {
      throw new SluiceError("invalid_cursor", "The cursor is not one that a list with this filter gave");
    }
    const filter = { states, types: this.#types };
    const page = await inStorage(this.#deployment.env, (db) => listGroups(db, this.#tenantId, filter, before, limit));
    return {
      data: page.groups.map(view),
      nextCursor: page.nextAfter === null ? null : encodeCursor(page.nextAfter, bound),
    };
  }

  async get(id: string): Promise<GroupView> {
    return view(await this.#read(id));
  }

  /**
   * Stops a group: its jobs that do not run are cancelled soon, those that run are asked to end.
   * @throws SluiceError `group_complete`
   */
  async cancel(id: string): Promise<GroupView> {
    const { completedAt } = await this.#read(id);
    if (completedAt !== null) throw new SluiceError("group_complete", `Group ${id} is complete`);
    const now = Date.now();
    await inStorage(this.#deployment.env, (db) => stopGroup(db, this.#tenantId, id, now));
    await wakeGate(this.#deployment.env, this.#tenantId, now, "a group that was stopped", { groupId: id });
    return view(await this.#read(id));
  }

  async #read(id: string): Promise<StoredGroup> {
    const group = isJobId(id) ? await inStorage(this.#deployment.env, (db) => readGroup(db, this.#tenantId, id)) : null;
    if (group === null) throw new SluiceError("group_not_found", `There is no group ${id.slice(0, 100)}`);
    const other = (JSON.parse(group.types) as string[]).find((type) => this.#types?.includes(type) === false);
    if (other !== undefined) throw typeNotAllowed(this.#types, `"${other}"`);
    return group;
  }
}

function view(group: StoredGroup): GroupView {
  const { id, name, onFailure, total, open, failed, cancelled, parentId, completedAt, stoppedAt } = group;
  const step = group.onComplete === null ? null : (JSON.parse(group.onComplete) as StoredStep);
  return {
    id,
    name,
    state: completedAt !== null ? "complete" : stoppedAt === null ? "open" : "stopped",
    onFailure,
    total,
    open,
    succeeded: total - open - failed - cancelled,
    failed,
    cancelled,
    onComplete: step && {
      type: step.type,
      queue: step.queue,
      jobId: completedAt === null ? null : followUpId(step.key, completedAt),
    },
    parentId,
    createdAt: new Date(group.createdAt).toISOString(),
    stoppedAt: time(stoppedAt),
    completedAt: time(completedAt),
  };
}

function time(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}
