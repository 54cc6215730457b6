import { z } from "zod";
import { SCOPES } from "../domain/grant.ts";
import { type View, viewTimeSchema } from "./view.ts";

const keyViewSchema = z
  .strictObject({
    id: z.string().describe("A UUIDv7, unless the key was made by hand."),
    name: z.string(),
    hint: z.string().nullable().describe("Its last characters; null for one that was not made by the API."),
    scopes: z.array(z.enum(SCOPES)),
    types: z.array(z.string()).nullable().describe("The job types that it is limited to; null: any."),
    createdAt: viewTimeSchema,
    expiresAt: viewTimeSchema.nullable(),
    revokedAt: viewTimeSchema.nullable().describe("It ends then, or has ended then: it was revoked, or replaced."),
  })
  .meta({ id: "Key", description: "An API key as it is shown; never the key itself." });

export const newKeyViewSchema = keyViewSchema
  .extend({ key: z.string() })
  .meta({ id: "NewKey", description: "A new key, shown this once." });

export const keyListSchema = z
  .strictObject({ data: z.array(keyViewSchema) })
  .meta({ id: "KeyList", description: "Newest first." });

export type KeyView = View<typeof keyViewSchema>;
export type NewKeyView = View<typeof newKeyViewSchema>;
export type KeyList = View<typeof keyListSchema>;
