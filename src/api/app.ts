import { Hono } from "hono";
import { requestId } from "hono/request-id";
import { basePath as mountedAt } from "hono/route";
import type { Registry } from "../domain/registry.ts";
import type { SluiceEnv } from "../env.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import { authenticate, type Caller } from "./authenticate.ts";
import { methodNotAllowed } from "./method-not-allowed.ts";
import { problemResponse } from "./problem-response.ts";
import { crossOrigin, notKept, security } from "./response-headers.ts";
import { alertRoutes } from "./routes/alerts.ts";
import { blobRoutes } from "./routes/blobs.ts";
import { dashboardRoutes } from "./routes/dashboard.ts";
import { disabledReceiverRoutes } from "./routes/disabled-receivers.ts";
import { endpointRoutes } from "./routes/endpoints.ts";
import { eventRoutes } from "./routes/events.ts";
import { groupRoutes } from "./routes/groups.ts";
import { inboundRoutes } from "./routes/inbound.ts";
import { jobRoutes } from "./routes/jobs.ts";
import { keyRoutes } from "./routes/keys.ts";
import { metricsRoutes } from "./routes/metrics.ts";
import { cancellationRoutes, replayRoutes } from "./routes/plans.ts";
import { queueRoutes } from "./routes/queues.ts";
import { referenceRoutes } from "./routes/reference.ts";
import { scheduleRoutes } from "./routes/schedules.ts";
import { signingSecretRoutes } from "./routes/signing-secrets.ts";
import { statsRoutes } from "./routes/stats.ts";
import { tenantRoutes } from "./routes/tenants.ts";

interface AppEnv {
  Bindings: SluiceEnv;
  Variables: { caller: Caller; registry: Registry; baseUrl: string };
}

/** The HTTP API for these handlers, to be served or mounted below `basePath`. */
export function createApp(registry: Registry, basePath: string): Hono<AppEnv> {
  const app = new Hono<AppEnv>().basePath(basePath);
  app.use(requestId({ headerName: "Request-Id" }), async (c, next) => {
    // Wherever this app is served or mounted: links in responses begin here.
    c.set("baseUrl", new URL(mountedAt(c), c.req.url).href.replace(/\/$/, ""));
    await next();
  });
  // Only where this app answers: a team may have routes of its own beside it.
  for (const path of ["/healthz", "/openapi.json", "/docs/*", "/problems/*", "/v1/*"]) app.use(path, security);
  app.use("/v1/*", notKept);
  app.get("/healthz", (c) => c.json({ status: "ok" }));
  app.all("/healthz", methodNotAllowed("GET"));
  app.route("/", referenceRoutes);
  app.use(async (c, next) => {
    c.set("registry", registry);
    await next();
  });
  app.route("/in", inboundRoutes);
  app.route("/dashboard", dashboardRoutes);
  app.route("/metrics", metricsRoutes);
  // Before the keys of tenants are asked for.
  app.route("/v1/tenants", tenantRoutes);
  app.use("/v1/*", crossOrigin);
  app.use("/v1/*", authenticate);
  app.route("/v1", eventRoutes);
  app.route("/v1/jobs", jobRoutes);
  app.route("/v1/groups", groupRoutes);
  app.route("/v1/replays", replayRoutes);
  app.route("/v1/cancellations", cancellationRoutes);
  app.route("/v1/schedules", scheduleRoutes);
  app.route("/v1/blobs", blobRoutes);
  app.route("/v1/queues", queueRoutes);
  app.route("/v1/endpoints", endpointRoutes);
  app.route("/v1/keys", keyRoutes);
  app.route("/v1/signing-secrets", signingSecretRoutes);
  app.route("/v1/disabled-receivers", disabledReceiverRoutes);
  app.route("/v1/stats", statsRoutes);
  app.route("/v1/alerts", alertRoutes);
  app.notFound(() => {
    throw new SluiceError("not_found", "There is no such route");
  });
  app.onError(problemResponse);
  return app;
}
