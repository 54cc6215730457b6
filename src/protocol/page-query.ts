import { z } from "zod";

/** How many a page of a list has at most, as a query parameter: 1 to 100, default 25. */
export const pageLimitSchema = z
  .string()
  .regex(/^\d{1,3}$/, "must be a number")
  .transform(Number)
  .pipe(z.int().min(1).max(100))
  .default(25)
  .meta({
    description: "How many at most.",
    example: 10,
    override: ({ jsonSchema }: { jsonSchema: Record<string, unknown> }) => {
      delete jsonSchema["pattern"];
      Object.assign(jsonSchema, { type: "integer", minimum: 1, maximum: 100 });
    },
  });

/** What a list is asked for with that goes by names. */
export const pageQuerySchema = z.strictObject({
  limit: pageLimitSchema,
  cursor: z.string().max(200).optional().meta({ description: "`nextCursor` of the page before.", example: "nightly" }),
});
