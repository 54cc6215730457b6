import { z } from "zod";
import { type Query, resultName } from "./report-query.ts";

/** The part of a payload that says how the report is shown. */
export const layoutFields = {
  /** "html" makes a page of it too, and keeps it as a blob. */
  format: z.enum(["json", "html"]).default("json"),
  /** Of the page. Default "Report". */
  title: z.string().min(1).max(200).optional(),
  chart: z
    .strictObject({
      /** Lines are for what comes in an order, as dates do. */
      type: z.enum(["bar", "line"]).default("bar"),
      /** What is drawn: the name of an aggregate's result. Default: the first one's. */
      value: z.string().optional(),
    })
    .optional(),
};

export type Layout = z.output<z.ZodObject<typeof layoutFields>>;

/** Adds an issue for what only a page has, where none is asked for, and for a chart of what no group has. */
export function checkLayout({ format, title, chart, aggregates }: Layout & Query, context: z.RefinementCtx): void {
  for (const [name, value] of Object.entries({ title, chart })) {
    if (format === "html" || value === undefined) continue;
    context.addIssue({ code: "custom", path: [name], message: 'is for format: "html" only' });
  }
  if (chart?.value === undefined || aggregates.some((aggregate) => resultName(aggregate) === chart.value)) return;
  context.addIssue({ code: "custom", path: ["chart", "value"], message: "no aggregate's result has this name" });
}
