import { z } from "zod";
import { GROUP_STATES } from "../domain/group.ts";
import { commaList } from "./comma-list.ts";
import { pageLimitSchema } from "./page-query.ts";

/** What a list of groups may be asked for with. */
export const groupListQuerySchema = z.strictObject({
  state: commaList(GROUP_STATES)
    .optional()
    .meta({ description: `Separated by commas: ${GROUP_STATES.join(", ")}.`, example: "open,stopped" }),
  limit: pageLimitSchema,
  cursor: z.string().max(1_000).optional().describe("`nextCursor` of the page before, with the same filter."),
});

export type GroupListQuery = z.output<typeof groupListQuerySchema>;
