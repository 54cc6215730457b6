import { z } from "zod";

/** How many a page of a list has at most, as a query parameter: 1 to 100, default 25. */
export const pageLimitSchema = z
  .string()
  .regex(/^\d{1,3}$/, "must be a number")
  .transform(Number)
  .pipe(z.int().min(1).max(100))
  .default(25);
