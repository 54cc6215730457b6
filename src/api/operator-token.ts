import { createMiddleware } from "hono/factory";
import { readConfig } from "../config.ts";
import type { SluiceEnv } from "../env.ts";
import { SluiceError } from "../protocol/sluice-error.ts";

/** Lets nobody through but the operator of the deployment; without a token there is no such route. */
export const operator = createMiddleware<{ Bindings: SluiceEnv }>(async (c, next) => {
  const { adminToken } = readConfig(c.env);
  if (adminToken === null || adminToken === "") throw new SluiceError("not_found", "There is no such route");
  const sent = /^Bearer +(\S+)$/i.exec(c.req.header("Authorization") ?? "")?.[1];
  if (sent === undefined || !(await isSame(sent, adminToken))) {
    throw new SluiceError("unauthorized", "That is not the operator token", {
      headers: { "WWW-Authenticate": 'Bearer realm="sluice operator"' },
    });
  }
  await next();
});

// Of digests, which have one length: how long it takes tells nothing.
async function isSame(a: string, b: string): Promise<boolean> {
  const digest = (text: string) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const [first, second] = await Promise.all([digest(a), digest(b)]);
  return crypto.subtle.timingSafeEqual(first, second);
}
