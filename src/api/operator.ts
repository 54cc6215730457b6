import { createMiddleware } from "hono/factory";
import { isStrongToken, readConfig } from "../config.ts";
import type { SluiceEnv } from "../env.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import { guardedBy } from "./guards.ts";

const BEARER = /^Bearer +(\S+)$/i;

/** Lets nobody through but the operator of the deployment, and not even the operator where the token is a weak one. */
export const operator = guardedBy(
  "operator",
  createMiddleware<{ Bindings: SluiceEnv }>(async (c, next) => {
    const { adminToken } = readConfig(c.env);
    if (adminToken === null || !isStrongToken(adminToken)) {
      const why = adminToken === null ? "is not set" : "is weak";
      throw new SluiceError("operator_api_off", `The operator API is off: SLUICE_ADMIN_TOKEN ${why}`);
    }
    const sent = BEARER.exec(c.req.header("Authorization") ?? "")?.[1];
    if (sent === undefined) throw unauthorized("There is no operator token in `Authorization: Bearer …`");
    if (!(await isSame(sent, adminToken))) {
      throw unauthorized("That is not the operator token", ', error="invalid_token"');
    }
    await next();
  }),
);

// Of their digests, so that neither the time it takes nor the length tells anything of the token.
async function isSame(a: string, b: string): Promise<boolean> {
  const digest = (text: string) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const [left, right] = await Promise.all([digest(a), digest(b)]);
  return crypto.subtle.timingSafeEqual(left, right);
}

function unauthorized(detail: string, error = ""): SluiceError {
  const challenge = `Bearer realm="sluice operator"${error}`;
  return new SluiceError("unauthorized", detail, { headers: { "WWW-Authenticate": challenge } });
}
