import type { Context } from "hono";
import type { z } from "zod";
import { fieldErrors } from "../protocol/field-errors.ts";
import { SluiceError } from "../protocol/sluice-error.ts";

/**
 * A request's query parameters, as the schema makes of them.
 * @throws SluiceError `invalid_parameter`, of the first that is wrong
 */
export function readQuery<Schema extends z.ZodType>(c: Context, schema: Schema): z.output<Schema> {
  const parsed = schema.safeParse(c.req.query());
  if (parsed.success) return parsed.data;
  const [first] = fieldErrors(parsed.error);
  throw new SluiceError("invalid_parameter", `${first?.pointer.slice(2)}: ${first?.detail}`);
}
