import { createMiddleware } from "hono/factory";
import { SluiceError } from "../protocol/sluice-error.ts";

/** Refuses a query parameter that the route does not have: a typo must not look as if it had worked. */
export function parameters(...known: readonly string[]) {
  return createMiddleware(async (c, next) => {
    const unknown = Object.keys(c.req.query()).find((name) => !known.includes(name));
    if (unknown !== undefined) throw new SluiceError("invalid_parameter", `${unknown}: unknown parameter`);
    await next();
  });
}
