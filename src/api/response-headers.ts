import type { Context } from "hono";
import { cors } from "hono/cors";
import { createMiddleware } from "hono/factory";
import { secureHeaders } from "hono/secure-headers";
import { readConfig } from "../config.ts";
import type { SluiceEnv } from "../env.ts";

const PREFLIGHT_SECONDS = 600;

/** What browsers are told of every answer: it is data, for its caller alone. A route may say otherwise, as blobs do. */
export const security = secureHeaders({
  contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  xFrameOptions: "DENY",
  // Not for subdomains: those are not ours to decide about.
  strictTransportSecurity: "max-age=15552000",
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
  overwrite: false,
});

/** Answers to a key are kept by no cache, unless the route says otherwise. */
export const notKept = createMiddleware(async (c, next) => {
  await next();
  if (!c.res.headers.has("Cache-Control")) c.header("Cache-Control", "no-store");
});

const allowOrigins = cors({
  origin: (origin, c: Context<{ Bindings: SluiceEnv }>) =>
    readConfig(c.env).corsOrigins.includes(origin) ? origin : null,
  allowMethods: ["GET", "HEAD", "PUT", "POST", "DELETE"],
  allowHeaders: [
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Modified-Since",
    "If-None-Match",
    "Prefer",
    "Range",
    "Sluice-Bookmark",
  ],
  exposeHeaders: [
    "Content-Range",
    "ETag",
    "Idempotent-Replayed",
    "Location",
    "Preference-Applied",
    "RateLimit",
    "RateLimit-Policy",
    "Request-Id",
    "Retry-After",
    "Sluice-Bookmark",
    "WWW-Authenticate",
  ],
  maxAge: PREFLIGHT_SECONDS,
});

/** Lets pages of the origins in `SLUICE_CORS_ORIGINS` call the API; without any, it is as if this were not here. */
export const crossOrigin = createMiddleware<{ Bindings: SluiceEnv }>(async (c, next) => {
  if (readConfig(c.env).corsOrigins.length === 0) return next();
  return allowOrigins(c, next);
});
