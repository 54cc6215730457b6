import { groupListQuerySchema } from "../../../protocol/group-list-query.ts";
import { groupListSchema, groupViewSchema } from "../../../protocol/group-view.ts";
import { GROUP_ID, REPORT } from "../examples.ts";
import type { Resource } from "../operation.ts";
import { pathOf } from "../parameters.ts";

const path = pathOf("id", "The group's id: `groupId` of its jobs.", GROUP_ID);

const GROUP = {
  id: GROUP_ID,
  name: "reports",
  state: "open",
  onFailure: "continue",
  total: 2,
  open: 1,
  succeeded: 1,
  failed: 0,
  cancelled: 0,
  onComplete: { type: REPORT.type, queue: "default", jobId: null },
  parentId: null,
  createdAt: "2027-01-31T09:00:00.000Z",
  stoppedAt: null,
  completedAt: null,
};

export const groups: Resource = {
  name: "Groups",
  description: "Jobs of one batch that are counted together, with a job that follows when all of them have ended.",
  operations: {
    "GET /v1/groups": {
      id: "listGroups",
      summary: "List groups, newest first",
      query: groupListQuerySchema,
      answers: {
        200: {
          description: "A page of groups. A key that is limited to types gets those of which all types are its own.",
          schema: groupListSchema,
          example: { data: [GROUP], nextCursor: null },
        },
      },
      problems: ["invalid_cursor"],
    },
    "GET /v1/groups/:id": {
      id: "getGroup",
      summary: "Read how many of a group's jobs have ended, and how",
      path,
      answers: { 200: { description: "The group.", schema: groupViewSchema, example: GROUP } },
      problems: ["group_not_found", "type_not_allowed"],
    },
    "POST /v1/groups/:id/cancel": {
      id: "cancelGroup",
      summary: "Stop a group: its jobs that do not run are cancelled, those that run are asked to end",
      path,
      answers: {
        202: {
          description: "It is stopped; its jobs are cancelled soon.",
          schema: groupViewSchema,
          example: { ...GROUP, state: "stopped", stoppedAt: "2027-01-31T09:00:05.000Z" },
        },
      },
      problems: ["group_not_found", "group_complete", "type_not_allowed"],
    },
  },
};
