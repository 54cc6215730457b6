import { pageQuerySchema } from "../../../protocol/page-query.ts";
import { tenantListSchema, tenantViewSchema } from "../../../protocol/tenant-view.ts";
import { tenantChangeSchema, tenantRequestSchema } from "../../../protocol/tenants.ts";
import type { Operation, Resource } from "../operation.ts";
import { pathOf } from "../parameters.ts";
import { keyOperations } from "./keys.ts";

const path = pathOf("tenantId", "The tenant's id.", "acme");

const TENANT = {
  id: "acme",
  name: "Acme",
  state: "active",
  limits: { rate: 100, burst: null, backlog: null, concurrency: null, maxPayloadBytes: null },
  effectiveLimits: { rate: 100, burst: 2_000, backlog: 100_000, concurrency: 100, maxPayloadBytes: 5_000_000 },
  region: { locationHint: "weur", jurisdiction: null },
  createdAt: "2027-01-31T09:00:00.000Z",
  suspendedAt: null,
  deletedAt: null,
};
const SUSPENDED = { ...TENANT, state: "suspended", suspendedAt: "2027-01-31T10:00:00.000Z" };
const tenant = { schema: tenantViewSchema, example: TENANT };

/** An operation on a tenant's keys, as the operator has it. */
function ofTenant(operation: Operation): Operation {
  return {
    ...operation,
    id: operation.id.replace("Key", "TenantKey"),
    summary: `${operation.summary}, of any tenant`,
    path: path.extend(operation.path?.shape ?? {}),
    problems: [...(operation.problems ?? []), "tenant_not_found", "tenant_deleted"],
  };
}

export const tenants: Resource = {
  name: "Tenants",
  description: "For the operator of the deployment: tenants, their limits, and the keys of each.",
  operations: {
    "POST /v1/tenants": {
      id: "createTenant",
      summary: "Make a tenant",
      body: {
        schema: tenantRequestSchema,
        examples: {
          limited: {
            id: "acme",
            name: "Acme",
            limits: { rate: 100 },
            region: { locationHint: "weur", jurisdiction: null },
          },
        },
      },
      answers: { 201: { ...tenant, description: "The tenant.", headers: ["Location"] } },
      problems: ["tenant_exists", "tenant_deleted"],
    },
    "GET /v1/tenants": {
      id: "listTenants",
      summary: "List tenants, by id",
      query: pageQuerySchema,
      answers: {
        200: {
          description: "A page of tenants.",
          schema: tenantListSchema,
          example: { data: [TENANT], nextCursor: null },
        },
      },
    },
    "GET /v1/tenants/:tenantId": {
      id: "getTenant",
      summary: "Read a tenant",
      path,
      answers: { 200: { ...tenant, description: "The tenant." } },
      problems: ["tenant_not_found"],
    },
    "PATCH /v1/tenants/:tenantId": {
      id: "changeTenant",
      summary: "Change a tenant's name or limits",
      path,
      body: {
        schema: tenantChangeSchema,
        examples: { limits: { name: "Acme Ltd", limits: { rate: null, burst: 5 } } },
      },
      answers: { 200: { ...tenant, description: "The change is in force." } },
      problems: ["tenant_not_found", "tenant_deleted", "overloaded"],
    },
    "DELETE /v1/tenants/:tenantId": {
      id: "deleteTenant",
      summary: "Delete a tenant, with all that it has",
      path,
      answers: {
        202: {
          ...tenant,
          description: "It is going away, and answers 404 when nothing of it is left.",
          example: { ...SUSPENDED, state: "deleted", deletedAt: "2027-01-31T10:00:00.000Z" },
        },
      },
      problems: ["tenant_not_found", "tenant_deleted", "overloaded"],
    },
    "POST /v1/tenants/:tenantId/suspend": {
      id: "suspendTenant",
      summary: "Suspend a tenant: nothing is admitted or started any more",
      path,
      answers: { 200: { ...tenant, description: "It is suspended.", example: SUSPENDED } },
      problems: ["tenant_not_found", "tenant_deleted", "overloaded"],
    },
    "POST /v1/tenants/:tenantId/resume": {
      id: "resumeTenant",
      summary: "Resume a tenant: all that waits goes on",
      path,
      answers: { 200: { ...tenant, description: "It goes on." } },
      problems: ["tenant_not_found", "tenant_deleted", "overloaded"],
    },
    "GET /v1/tenants/:tenantId/keys": ofTenant(keyOperations.list),
    "POST /v1/tenants/:tenantId/keys": ofTenant(keyOperations.create),
    "DELETE /v1/tenants/:tenantId/keys/:id": ofTenant(keyOperations.revoke),
    "POST /v1/tenants/:tenantId/keys/:id/rotate": ofTenant(keyOperations.rotate),
  },
};
