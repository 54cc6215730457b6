import { SluiceError } from "../protocol/sluice-error.ts";

/** Answers every method that the routes before it did not. */
export function methodNotAllowed(allow: string) {
  return (): never => {
    throw new SluiceError("method_not_allowed", `Allowed: ${allow}`, { headers: { Allow: allow } });
  };
}
