import { env } from "cloudflare:workers";
import type { TenantLimits } from "../../src/config.ts";

let made = 0;

/** A tenant of the test's own, with a key. What it does not limit has the deployment's default. */
export async function createTenant(limits: Partial<TenantLimits> = {}): Promise<{ id: string; key: string }> {
  const id = `tenant-${++made}-${crypto.randomUUID().slice(0, 8)}`;
  const key = `slk_test_${crypto.randomUUID().replaceAll("-", "")}`;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
  const { rate = null, burst = null, backlog = null, concurrency = null } = limits;
  await env.DB.batch([
    env.DB.prepare(
      "INSERT INTO tenants (id, name, rate, burst, backlog, concurrency, created_at) VALUES (?1, ?1, ?2, ?3, ?4, ?5, ?6)",
    ).bind(id, rate, burst, backlog, concurrency, Date.now()),
    env.DB.prepare("INSERT INTO api_keys (hash, tenant_id, name, created_at) VALUES (?1, ?2, 'test', ?3)").bind(
      new Uint8Array(digest).toHex(),
      id,
      Date.now(),
    ),
  ]);
  return { id, key };
}
