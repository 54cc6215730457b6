import type { z } from "zod";
import { fieldErrors } from "../protocol/field-errors.ts";
import { invalidRequest } from "../protocol/sluice-error.ts";

/**
 * What a caller has sent, as the schema makes of it.
 * @throws SluiceError `invalid_request`, with a pointer to everything that is wrong
 */
export function checkedRequest<Schema extends z.ZodType>(schema: Schema, sent: unknown): z.output<Schema> {
  const parsed = schema.safeParse(sent);
  if (!parsed.success) throw invalidRequest(fieldErrors(parsed.error));
  return parsed.data;
}
