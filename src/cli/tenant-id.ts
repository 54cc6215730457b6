import { InvalidArgumentError } from "commander";

const TENANT_ID = /^[a-z0-9][a-z0-9-]{0,62}$/;

/**
 * A tenant's id, as an option gives it.
 * @throws InvalidArgumentError when it cannot be one
 */
export function parseTenantId(text: string): string {
  if (TENANT_ID.test(text)) return text;
  throw new InvalidArgumentError('A tenant\'s id is 1 to 63 of a-z, 0-9 and "-", and does not begin with "-".');
}
