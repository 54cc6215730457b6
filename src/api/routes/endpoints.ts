import { type Context, Hono } from "hono";
import { endpointNameSchema, endpointRequestSchema, rotateEndpointSchema } from "../../inbound/endpoint-request.ts";
import type { EndpointList, EndpointView, RejectionList } from "../../protocol/endpoint-view.ts";
import { SluiceError } from "../../protocol/sluice-error.ts";
import { listRejections, MOST_REJECTIONS } from "../../storage/endpoint-rejections.ts";
import { deleteEndpoint, type StoredEndpoint } from "../../storage/endpoints.ts";
import { checkedRequest } from "../checked-request.ts";
import { deploymentOf, type TenantRouteEnv } from "../deployment-of.ts";
import { forgetEndpoint } from "../endpoint-cache.ts";
import { requires } from "../guards.ts";
import { inStorage } from "../in-storage.ts";
import { methodNotAllowed } from "../method-not-allowed.ts";
import { parameters } from "../parameters.ts";
import { readJson } from "../read-json.ts";
import { endpointNotFound, TenantEndpoints } from "../tenant-endpoints.ts";

const MOST_BODY_BYTES = 65_536;

export const endpointRoutes = new Hono<TenantRouteEnv>()
  .get("/", requires("jobs:read"), parameters(), async (c) => {
    const all = await endpoints(c).list();
    return c.json({ data: all.map((endpoint) => view(c, endpoint)) } satisfies EndpointList);
  })
  .all("/", methodNotAllowed("GET"))
  .get("/:name", requires("jobs:read"), parameters(), async (c) => c.json(view(c, await endpoints(c).get(nameIn(c)))))
  .put("/:name", requires("manage"), parameters(), async (c) => {
    const name = nameIn(c);
    const request = checkedRequest(endpointRequestSchema, await readJson(c, MOST_BODY_BYTES));
    const { endpoint, created } = await endpoints(c).put(name, request);
    forgetEndpoint(endpoint.id);
    return c.json(view(c, endpoint), created ? 201 : 200);
  })
  .delete("/:name", requires("manage"), parameters(), async (c) => {
    const name = nameIn(c);
    const { id } = await endpoints(c).get(name);
    const deleted = await inStorage(c.env, (db) => deleteEndpoint(db, c.get("tenantId"), id));
    if (!deleted) throw endpointNotFound(name);
    forgetEndpoint(id);
    return c.body(null, 204);
  })
  .all("/:name", methodNotAllowed("GET, PUT, DELETE"))
  .post("/:name/rotate", requires("manage"), parameters(), async (c) => {
    const name = nameIn(c);
    const { secret, overlap } = checkedRequest(rotateEndpointSchema, await readJson(c, MOST_BODY_BYTES));
    const endpoint = await endpoints(c).rotate(name, secret, overlap);
    forgetEndpoint(endpoint.id);
    return c.json(view(c, endpoint));
  })
  .all("/:name/rotate", methodNotAllowed("POST"))
  .get("/:name/rejections", requires("jobs:read"), parameters(), async (c) => {
    const endpoint = await endpoints(c).get(nameIn(c));
    const rejections = await inStorage(c.env, (db) => listRejections(db, endpoint, MOST_REJECTIONS));
    const data = rejections.map(({ at, cause, detail, userAgent, count }) => ({
      at: new Date(at).toISOString(),
      cause,
      detail,
      userAgent,
      count,
    }));
    return c.json({ data } satisfies RejectionList);
  })
  .all("/:name/rejections", methodNotAllowed("GET"));

function endpoints(c: Context<TenantRouteEnv>): TenantEndpoints {
  return new TenantEndpoints(deploymentOf(c), c.get("tenantId"), c.get("caller").grant.types);
}

function nameIn(c: Context<TenantRouteEnv, "/:name">): string {
  const name = endpointNameSchema.safeParse(c.req.param("name"));
  if (name.success) return name.data;
  throw new SluiceError("invalid_parameter", `name: ${name.error.issues[0]?.message ?? "invalid"}`);
}

function view(c: Context<TenantRouteEnv>, endpoint: StoredEndpoint): EndpointView {
  const { name, id, provider, scheme, type, queue, priority, events, previousUntil } = endpoint;
  const isRotating = previousUntil !== null && previousUntil > Date.now();
  return {
    name,
    id,
    url: `${c.get("baseUrl")}/in/${id}`,
    provider,
    scheme: scheme === null ? null : (JSON.parse(scheme) as Record<string, unknown>),
    type,
    queue,
    priority,
    events: JSON.parse(events) as string[],
    disabled: endpoint.disabled === 1,
    previousSecretUntil: isRotating ? new Date(previousUntil).toISOString() : null,
    createdAt: new Date(endpoint.createdAt).toISOString(),
    updatedAt: new Date(endpoint.updatedAt).toISOString(),
  };
}
