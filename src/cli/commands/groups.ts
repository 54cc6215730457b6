import type { Command } from "commander";
import { GROUP_STATES, type GroupState } from "../../domain/group.ts";
import type { GroupView } from "../../protocol/group-view.ts";
import { connect } from "../connection.ts";
import { type ItemView, showItem, showItems, timeText } from "../item-view.ts";
import { oneOrMore, wholeNumber } from "../option-parsers.ts";
import { addResource } from "../resource.ts";

interface ListOptions {
  readonly state?: readonly GroupState[];
  readonly limit: number;
}

const NOUNS = ["group", "groups"] as const;
const MOST_GROUPS = 10_000;

const GROUP: ItemView<GroupView> = {
  nouns: NOUNS,
  columns: [
    { name: "group", text: ({ id }) => id },
    { name: "name", text: ({ name }) => name ?? "" },
    { name: "state", text: ({ state }) => state },
    { name: "jobs", text: ({ total }) => String(total), align: "right" },
    { name: "open", text: ({ open }) => String(open), align: "right" },
    { name: "succeeded", text: ({ succeeded }) => String(succeeded), align: "right" },
    { name: "failed", text: ({ failed }) => String(failed), align: "right" },
    { name: "cancelled", text: ({ cancelled }) => String(cancelled), align: "right" },
    { name: "created", text: ({ createdAt }) => timeText(createdAt) },
  ],
  details: [
    { name: "on failure", text: ({ onFailure }) => onFailure },
    {
      name: "then",
      text: ({ onComplete }) => (onComplete === null ? "" : `${onComplete.type} in ${onComplete.queue}`),
    },
    { name: "then job", text: ({ onComplete }) => onComplete?.jobId ?? "" },
    { name: "parent", text: ({ parentId }) => parentId ?? "" },
    { name: "stopped", text: ({ stoppedAt }) => timeText(stoppedAt) },
    { name: "completed", text: ({ completedAt }) => timeText(completedAt) },
  ],
};

/** `sluice groups`: batches whose jobs are counted together. */
export function addGroups(program: Command): void {
  const groups = addResource(program, {
    name: "groups",
    description: "batches whose jobs are counted together",
    nouns: NOUNS,
    subject: ["id", "the group's id: `groupId` of its jobs"],
    connect: async (command) => (await connect(command)).groups,
  });
  groups
    .all(
      "list",
      "the newest groups, and how many of their jobs have ended how",
      (api, { state, limit }: ListOptions) => first(api.list({ state }), limit),
      showItems(GROUP),
    )
    .option("--state <states>", `only in these states: ${GROUP_STATES.join(",")}`, oneOrMore(GROUP_STATES))
    .option("--limit <n>", "at most so many", wholeNumber(1, MOST_GROUPS), 25);
  groups.one("get", "how many of a group's jobs have ended how", (api, id) => api.get(id), showItem(GROUP));
  groups.end("cancel", "stop groups: jobs that do not run are cancelled, those that run are asked to end", {
    find: (api, id) => api.get(id),
    run: (api, id) => api.cancel(id),
    asks: (what) => `Stop ${what}? The jobs that have not ended are cancelled.`,
    done: "stopped",
  });
}

async function* first<Item>(items: AsyncIterable<Item>, most: number): AsyncIterable<Item> {
  let left = most;
  for await (const item of items) {
    yield item;
    if (--left === 0) return;
  }
}
