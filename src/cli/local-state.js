import { applyMigrations } from "./d1.ts";
import { keepLocalKeys } from "./local-keys.ts";
import { writeTenants } from "./tenant-rows.ts";
/**
 * Brings the database in a state directory up to date, and sees to it that these tenants are in it.
 * @returns the API key of each tenant; it is made once, and kept in the directory
 * @throws CliError when the project's wrangler fails
 */
export async function prepareState(project, stateDir, tenants) {
  const d1 = { project, stateDir };
  await applyMigrations(d1);
  const keys = await keepLocalKeys(
    stateDir,
    tenants.map(({ id }) => id),
  );
  const keyRows = tenants.map(({ id }) => ({ tenantId: id, key: keys[id], name: "local" }));
  await writeTenants(d1, tenants, keyRows);
  return keys;
}
