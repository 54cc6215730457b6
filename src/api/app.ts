import { Hono } from "hono";
import { requestId } from "hono/request-id";
import { basePath as mountedAt } from "hono/route";
import type { Registry } from "../domain/registry.ts";
import type { SluiceEnv } from "../env.ts";
import { findProblem } from "../protocol/problem-codes.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import { authenticate } from "./authenticate.ts";
import { methodNotAllowed } from "./method-not-allowed.ts";
import { problemResponse } from "./problem-response.ts";
import { blobRoutes } from "./routes/blobs.ts";
import { disabledReceiverRoutes } from "./routes/disabled-receivers.ts";
import { endpointRoutes } from "./routes/endpoints.ts";
import { inboundRoutes } from "./routes/inbound.ts";
import { jobRoutes } from "./routes/jobs.ts";
import { cancellationRoutes, replayRoutes } from "./routes/plans.ts";
import { queueRoutes } from "./routes/queues.ts";
import { scheduleRoutes } from "./routes/schedules.ts";
import { signingSecretRoutes } from "./routes/signing-secrets.ts";

interface AppEnv {
  Bindings: SluiceEnv;
  Variables: { tenantId: string; registry: Registry; baseUrl: string };
}

/** The HTTP API for these handlers, to be served or mounted below `basePath`. */
export function createApp(registry: Registry, basePath: string): Hono<AppEnv> {
  const app = new Hono<AppEnv>().basePath(basePath);
  app.use(requestId({ headerName: "Request-Id" }), async (c, next) => {
    // Wherever this app is served or mounted: links in responses begin here.
    c.set("baseUrl", new URL(mountedAt(c), c.req.url).href.replace(/\/$/, ""));
    await next();
  });
  app.get("/healthz", (c) => c.json({ status: "ok" }));
  app.all("/healthz", methodNotAllowed("GET"));
  app.get("/problems/:code", (c) => {
    const { code } = c.req.param();
    const problem = findProblem(code);
    if (problem === null) throw new SluiceError("not_found", "There is no such problem");
    return c.text(`${code} (${problem.status})\n\n${problem.title}. ${problem.advice}\n`);
  });
  app.all("/problems/:code", methodNotAllowed("GET"));
  app.use(async (c, next) => {
    c.set("registry", registry);
    await next();
  });
  app.route("/in", inboundRoutes);
  app.use("/v1/*", authenticate);
  app.route("/v1/jobs", jobRoutes);
  app.route("/v1/replays", replayRoutes);
  app.route("/v1/cancellations", cancellationRoutes);
  app.route("/v1/schedules", scheduleRoutes);
  app.route("/v1/blobs", blobRoutes);
  app.route("/v1/queues", queueRoutes);
  app.route("/v1/endpoints", endpointRoutes);
  app.route("/v1/signing-secrets", signingSecretRoutes);
  app.route("/v1/disabled-receivers", disabledReceiverRoutes);
  app.notFound(() => {
    throw new SluiceError("not_found", "There is no such route");
  });
  app.onError(problemResponse);
  return app;
}
