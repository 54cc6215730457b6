const TENANT_ID = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** What a tenant's id is, for people. */
export const TENANT_ID_RULE = '1 to 63 of a-z, 0-9 and "-", and does not begin with "-"';

/** Whether this may be the id of a new tenant. */
export function isTenantId(text: string): boolean {
  return TENANT_ID.test(text);
}
