import { readConfig } from "../config.ts";
import type { Region } from "../domain/region.ts";
import type { SluiceEnv } from "../env.ts";
import { gateStub } from "../gate-stub.ts";
import { invalidRequest, SluiceError } from "../protocol/sluice-error.ts";
import type { TenantList, TenantView } from "../protocol/tenant-view.ts";
import { tenantChangeSchema, tenantRequestSchema } from "../protocol/tenants.ts";
import {
  changeTenant,
  insertTenant,
  listTenants,
  markDeleted,
  readTenant,
  resumeTenant,
  type StoredTenant,
  suspendTenant,
} from "../storage/tenants.ts";
import { forgetKeysOf } from "./authenticate.ts";
import { checkedRequest } from "./checked-request.ts";
import { callGate } from "./gate-client.ts";
import { inStorage } from "./in-storage.ts";

/** All tenants of a deployment, for its operator. Every method throws `SluiceError`. */
export class Tenants {
  readonly #env: SluiceEnv;

  constructor(env: SluiceEnv) {
    this.#env = env;
  }

  async create(value: unknown): Promise<TenantView> {
    const { id, name = id, limits, region } = checkedRequest(tenantRequestSchema, value);
    this.#assertKnown(id, region);
    const tenant = { id, name, ...limits, ...region, createdAt: Date.now() };
    const inserted = await inStorage(this.#env, (db) => insertTenant(db, tenant));
    const row = await this.#row(id);
    if (inserted) return this.#view(row);
    if (row.deletedAt !== null) throw deleted(id);
    throw new SluiceError("tenant_exists", `There is a tenant ${id} already`);
  }

  async get(id: string): Promise<TenantView> {
    return this.#view(await this.#row(id));
  }

  /** A page by id, of tenants whose ids come after `after`. */
  async list(after: string, limit: number): Promise<TenantList> {
    const rows = await inStorage(this.#env, (db) => listTenants(db, after, limit + 1));
    const shown = rows.slice(0, limit);
    return {
      data: shown.map((row) => this.#view(row)),
      nextCursor: rows.length > limit ? (shown.at(-1)?.id ?? null) : null,
    };
  }

  /** In force when it resolves; an isolate that knows the tenant may still go by its former limit of a payload. */
  async change(id: string, value: unknown): Promise<TenantView> {
    const { name, limits } = checkedRequest(tenantChangeSchema, value);
    return this.#changed(id, (db) => changeTenant(db, id, { name, ...limits }));
  }

  /** Nothing is admitted or started any more; what runs goes on to its end. */
  async suspend(id: string): Promise<TenantView> {
    return this.#changed(id, (db) => suspendTenant(db, id, Date.now()));
  }

  /** Goes on with all that waits. */
  async resume(id: string): Promise<TenantView> {
    return this.#changed(id, (db) => resumeTenant(db, id));
  }

  /**
   * Marks a tenant as deleted; the cron trigger then deletes what it has left. It is suspended first, so that its gate
   * has called back what it had released, before it is fenced off.
   */
  async delete(id: string): Promise<TenantView> {
    const known = await this.#row(id);
    if (known.deletedAt !== null) return this.#view(known);
    await this.suspend(id);
    const marked = await inStorage(this.#env, (db) => markDeleted(db, id, Date.now()));
    forgetKeysOf(id);
    const row = marked ?? (await this.#row(id));
    if (row.deletedAt !== null) return this.#view(row);
    throw new SluiceError("storage_unavailable", "The tenant was resumed meanwhile", { retryAfterMs: 1_000 });
  }

  /** @throws SluiceError `tenant_not_found`; `tenant_deleted`: nobody can use it any more */
  async assertUsable(id: string): Promise<void> {
    if ((await this.#row(id)).deletedAt !== null) throw deleted(id);
  }

  async #changed(id: string, change: (db: D1Database) => Promise<StoredTenant | null>): Promise<TenantView> {
    const row = await inStorage(this.#env, change);
    if (row === null) {
      await this.assertUsable(id);
      throw notFound(id);
    }
    forgetKeysOf(id);
    await this.#inForce(id);
    return this.#view(row);
  }

  // Stored by now; a gate that cannot be told reads it within a minute.
  async #inForce(id: string): Promise<void> {
    const reply = await callGate(this.#env, id, (gate) => gate.reload());
    if (reply === "done") return;
    throw new SluiceError("storage_unavailable", "The change is stored, and not yet in force", { retryAfterMs: 1_000 });
  }

  // Before anything is stored: a tenant whose gate cannot be called would be of no use.
  #assertKnown(id: string, region: Region): void {
    try {
      gateStub(this.#env.GATES, id, region);
    } catch (cause) {
      const detail = `this runtime has no jurisdiction "${region.jurisdiction}": ${cause instanceof Error ? cause.message : ""}`;
      throw invalidRequest([{ pointer: "#/region/jurisdiction", detail, code: "unknown_jurisdiction" }]);
    }
  }

  async #row(id: string): Promise<StoredTenant> {
    const row = await inStorage(this.#env, (db) => readTenant(db, id));
    if (row === null) throw notFound(id);
    return row;
  }

  #view(row: StoredTenant): TenantView {
    const { limits: defaults, maxPayloadBytes: mostBytes } = readConfig(this.#env);
    const { rate, burst, backlog, concurrency, maxPayloadBytes, suspendedAt, deletedAt } = row;
    return {
      id: row.id,
      name: row.name,
      state: deletedAt !== null ? "deleted" : suspendedAt !== null ? "suspended" : "active",
      limits: { rate, burst, backlog, concurrency, maxPayloadBytes },
      effectiveLimits: {
        rate: rate ?? defaults.rate,
        burst: burst ?? defaults.burst,
        backlog: backlog ?? defaults.backlog,
        concurrency: concurrency ?? defaults.concurrency,
        maxPayloadBytes: maxPayloadBytes ?? mostBytes,
      },
      region: { locationHint: row.locationHint, jurisdiction: row.jurisdiction },
      createdAt: new Date(row.createdAt).toISOString(),
      suspendedAt: time(suspendedAt),
      deletedAt: time(deletedAt),
    };
  }
}

function notFound(id: string): SluiceError {
  return new SluiceError("tenant_not_found", `There is no tenant ${id.slice(0, 100)}`);
}

function deleted(id: string): SluiceError {
  return new SluiceError("tenant_deleted", `Tenant ${id.slice(0, 100)} is being deleted`);
}

function time(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}
