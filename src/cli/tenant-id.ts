import { InvalidArgumentError } from "commander";
import { isTenantId, TENANT_ID_RULE } from "../domain/tenant-id.ts";

/**
 * A tenant's id, as an option gives it.
 * @throws InvalidArgumentError when it cannot be one
 */
export function parseTenantId(text: string): string {
  if (isTenantId(text)) return text;
  throw new InvalidArgumentError(`A tenant's id is ${TENANT_ID_RULE}.`);
}
