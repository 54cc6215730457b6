import { z } from "zod";

/** A report has no more groups, whether or not `limit` would leave some out. */
export const MOST_GROUPS = 10_000;

const name = z.string().min(1).max(200);

const aggregate = z.discriminatedUnion("op", [
  z.strictObject({
    op: z.literal("count"),
    /** Counts its cells that are not empty; without a column: rows. */
    column: name.optional(),
    /** Default "count", and with a column "count_<column>". */
    as: name.optional(),
  }),
  z.strictObject({
    op: z.enum(["sum", "avg", "min", "max"]),
    /** Its numbers are used. Other cells are left out, and reported as skipped. */
    column: name,
    /** What a group calls the result. Default "<op>_<column>". */
    as: name.optional(),
  }),
]);

/** The part of a payload that says what is asked of the CSV. */
export const queryFields = {
  /** Rows with the same text in each of these columns are one group. Default: all rows are one. */
  groupBy: z.array(name).max(5).default([]),
  aggregates: z.array(aggregate).min(1).max(20),
  /** A field of the groups. Null comes last. Default: in the order in which the CSV first has a row of each group. */
  orderBy: z.strictObject({ name, direction: z.enum(["asc", "desc"]).default("asc") }).optional(),
  /** Keeps the first groups only. */
  limit: z.int().min(1).max(MOST_GROUPS).default(MOST_GROUPS),
};

export type Aggregate = z.output<typeof aggregate>;
export type Query = z.output<z.ZodObject<typeof queryFields>>;

/** What a group calls an aggregate. */
export function resultName({ op, column, as }: Aggregate): string {
  return as ?? (column === undefined ? op : `${op}_${column}`);
}

/** Adds an issue for each field of a group that would be there twice, and for an order by none of them. */
export function checkNames({ groupBy, aggregates, orderBy }: Query, context: z.RefinementCtx): void {
  const fields = [
    ...groupBy.map((name, i) => ({ name, path: ["groupBy", i] })),
    ...aggregates.map((aggregate, i) => ({ name: resultName(aggregate), path: ["aggregates", i, "as"] })),
  ];
  const names = new Set<string>();
  for (const { name, path } of fields) {
    const message = `a group would have two fields "${name}"`;
    if (names.has(name)) context.addIssue({ code: "custom", path, message });
    names.add(name);
  }
  if (orderBy === undefined || names.has(orderBy.name)) return;
  context.addIssue({ code: "custom", path: ["orderBy", "name"], message: "a group has no such field" });
}
