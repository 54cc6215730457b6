import { z } from "zod";
import { type View, viewIdSchema, viewTimeSchema } from "./view.ts";

const signingSecretViewSchema = z
  .strictObject({
    id: viewIdSchema,
    secret: z.string().describe("`whsec_…`: what a receiver verifies with (Standard Webhooks)."),
    publicKey: z
      .string()
      .nullable()
      .describe(
        "`whpk_…`: what a receiver verifies the `v1a` signatures with (ed25519), which lets nobody sign. Null for a secret that was made before there were such.",
      ),
    createdAt: viewTimeSchema,
    expiresAt: viewTimeSchema.nullable().describe("When it stops signing; null for the newest."),
  })
  .meta({ id: "SigningSecret", description: "A secret that signs a tenant's deliveries, as its tenant sees it." });

export const signingSecretListSchema = z
  .strictObject({ data: z.array(signingSecretViewSchema) })
  .meta({ id: "SigningSecretList", description: "Newest first." });

export type SigningSecretView = View<typeof signingSecretViewSchema>;
export type SigningSecretList = View<typeof signingSecretListSchema>;
