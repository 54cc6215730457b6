import { signingSecretListSchema } from "../../../protocol/signing-secret-view.ts";
import { rotateRequestSchema } from "../../../protocol/signing-secrets.ts";
import { JOB_ID } from "../examples.ts";
import type { Resource } from "../operation.ts";

const secrets = {
  schema: signingSecretListSchema,
  example: {
    data: [
      { id: JOB_ID, secret: "whsec_…", publicKey: "whpk_…", createdAt: "2027-01-31T09:00:00.000Z", expiresAt: null },
    ],
  },
};

export const signingSecrets: Resource = {
  name: "Signing secrets",
  description: "What signs a tenant's deliveries, by Standard Webhooks.",
  operations: {
    "GET /v1/signing-secrets": {
      id: "listSigningSecrets",
      summary: "List the secrets that sign, the newest first",
      answers: { 200: { ...secrets, description: "The first call makes the first one." } },
      problems: ["not_configured"],
    },
    "POST /v1/signing-secrets/rotate": {
      id: "rotateSigningSecrets",
      summary: "Make a new secret; those so far go on for a while",
      body: { schema: rotateRequestSchema, examples: { overlapping: { overlap: "1h", id: JOB_ID } }, optional: true },
      answers: { 201: { ...secrets, description: "All that sign from now on." } },
      problems: ["not_configured", "too_many_signing_secrets"],
    },
  },
};
