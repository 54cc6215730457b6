import { keyListSchema, newKeyViewSchema } from "../../../protocol/key-view.ts";
import { keyRequestSchema, rotateKeySchema } from "../../../protocol/keys.ts";
import { JOB_ID } from "../examples.ts";
import type { Operation, Resource } from "../operation.ts";
import { pathOf } from "../parameters.ts";

const KEY = {
  id: JOB_ID,
  name: "web shop",
  hint: "9xQz",
  scopes: ["jobs:write", "jobs:read"],
  types: ["report.csv"],
  createdAt: "2027-01-31T09:00:00.000Z",
  expiresAt: null,
  revokedAt: null,
};
const newKey = { schema: newKeyViewSchema, example: { ...KEY, key: "slk_acme_…9xQz" } };

/** The operations on a tenant's keys, which the tenant has, and the operator for any tenant. */
export const keyOperations = {
  list: {
    id: "listKeys",
    summary: "List keys, the newest first",
    answers: {
      200: {
        description: "All of them, without the keys themselves.",
        schema: keyListSchema,
        example: { data: [KEY] },
      },
    },
  },
  create: {
    id: "createKey",
    summary: "Make a key",
    body: {
      schema: keyRequestSchema,
      examples: {
        limited: { name: "web shop", scopes: ["jobs:write", "jobs:read"], types: ["report.csv"], expiresIn: "90d" },
      },
    },
    answers: { 201: { ...newKey, description: "The key, shown this once." } },
    problems: ["key_exists", "too_many_keys"],
  },
  revoke: {
    id: "revokeKey",
    summary: "Revoke a key",
    path: pathOf("id", "The key's id.", JOB_ID),
    answers: { 204: { description: "It stops within 30 s." } },
    problems: ["key_not_found"],
  },
  rotate: {
    id: "rotateKey",
    summary: "Replace a key by one that may do the same",
    path: pathOf("id", "The key's id.", JOB_ID),
    body: { schema: rotateKeySchema, examples: { overlapping: { overlap: "1h" } }, optional: true },
    answers: { 201: { ...newKey, description: "The new key, shown this once." } },
    problems: ["key_not_found", "key_exists", "key_over", "too_many_keys"],
  },
} as const satisfies Record<string, Operation>;

const { list, create, revoke, rotate } = keyOperations;

export const keys: Resource = {
  name: "Keys",
  description: "A tenant's API keys. None hands out, replaces or revokes more than it may do itself.",
  operations: {
    "GET /v1/keys": list,
    "POST /v1/keys": { ...create, problems: [...create.problems, "type_not_allowed"] },
    "DELETE /v1/keys/:id": { ...revoke, problems: [...revoke.problems, "type_not_allowed"] },
    "POST /v1/keys/:id/rotate": { ...rotate, problems: [...rotate.problems, "type_not_allowed"] },
  },
};
