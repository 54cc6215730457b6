import { durationMs } from "../domain/duration.ts";
import { allowsTypes, covers, type Grant, missingScopes, outlasts } from "../domain/grant.ts";
import { keyHint, newApiKey } from "../protocol/api-key.ts";
import type { KeyView, NewKeyView } from "../protocol/key-view.ts";
import { endOf, keyRequestSchema, rotateKeySchema } from "../protocol/keys.ts";
import { newJobId } from "../protocol/new-job-id.ts";
import { sha256 } from "../protocol/sha256.ts";
import { invalidRequest, SluiceError } from "../protocol/sluice-error.ts";
import {
  insertKey,
  listKeys,
  type MadeKey,
  MOST_KEYS,
  readKey,
  revokeKey,
  rotateKey,
  type StoredKey,
} from "../storage/api-keys.ts";
import { typeNotAllowed } from "./allowed-types.ts";
import { forgetKeysOf } from "./authenticate.ts";
import { checkedRequest } from "./checked-request.ts";
import type { Deployment } from "./deployment.ts";
import { insufficientScope } from "./guards.ts";
import { inStorage } from "./in-storage.ts";

/**
 * A tenant's keys, for somebody who may hand out no more than a grant of their own. Every method throws `SluiceError`.
 */
export class TenantKeys {
  readonly #env: Deployment["env"];
  readonly #tenantId: string;
  readonly #grant: Grant;

  constructor(env: Deployment["env"], tenantId: string, grant: Grant) {
    this.#env = env;
    this.#tenantId = tenantId;
    this.#grant = grant;
  }

  /** Newest first. */
  async list(): Promise<KeyView[]> {
    return (await inStorage(this.#env, (db) => listKeys(db, this.#tenantId))).map(view);
  }

  /** Makes a key, which is shown this once. */
  async create(value: unknown): Promise<NewKeyView> {
    const request = checkedRequest(keyRequestSchema, value);
    const now = Date.now();
    const { id = newJobId(), name, scopes, types = this.#grant.types } = request;
    const wanted = { scopes, types, expiresAt: endOf(request, now) ?? this.#grant.expiresAt };
    this.#assertCovers(wanted);
    const { key, secret } = await this.#newSecret();
    const made = await inStorage(this.#env, (db) =>
      insertKey(db, this.#tenantId, secret, { id, name, ...wanted, createdAt: now }),
    );
    return { ...view(madeKey(made, id)), key };
  }

  /** Makes a key in place of another, which goes on for a while. */
  async rotate(id: string, value: unknown): Promise<NewKeyView> {
    const request = checkedRequest(rotateKeySchema, value);
    const now = Date.now();
    const old = await this.#key(id);
    const expiresAt = endOf(request, now);
    this.#assertCovers(expiresAt === undefined ? old : { ...old, expiresAt });
    const { id: newId = newJobId(), overlap } = request;
    const { key, secret } = await this.#newSecret();
    const rotation = { id: newId, expiresAt, now, overlapMs: durationMs(overlap) };
    const made = await inStorage(this.#env, (db) => rotateKey(db, this.#tenantId, id, secret, rotation));
    forgetKeysOf(this.#tenantId);
    return { ...view(madeKey(made, newId)), key };
  }

  /** Ends a key, as soon as no isolate trusts what it knows of it any more. A caller may end its own. */
  async revoke(id: string): Promise<void> {
    const known = await this.#key(id);
    // However long it lasts: who may do as much may end it.
    this.#assertCovers({ ...known, expiresAt: this.#grant.expiresAt });
    await inStorage(this.#env, (db) => revokeKey(db, this.#tenantId, id, Date.now()));
    forgetKeysOf(this.#tenantId);
  }

  async #key(id: string): Promise<StoredKey> {
    const key = await inStorage(this.#env, (db) => readKey(db, this.#tenantId, id));
    if (key === null) throw new SluiceError("key_not_found", `There is no API key ${id.slice(0, 100)}`);
    return key;
  }

  // Nobody gets by another key what their own does not allow.
  #assertCovers(wanted: Grant): void {
    if (covers(this.#grant, wanted)) return;
    const missing = missingScopes(this.#grant, wanted.scopes);
    if (missing.length > 0) throw insufficientScope(missing);
    if (!allowsTypes(this.#grant, wanted.types)) {
      throw typeNotAllowed(this.#grant.types, `A key for ${wanted.types?.join(", ") ?? "any type"}`);
    }
    if (!outlasts(this.#grant, wanted)) {
      const detail = `cannot be later than the end of the key that asks for it, ${time(this.#grant.expiresAt)}`;
      throw invalidRequest([{ pointer: "#/expiresAt", detail, code: "too_late" }]);
    }
  }

  async #newSecret() {
    const key = newApiKey(this.#tenantId);
    return { key, secret: { hash: await sha256(key), hint: keyHint(key) } };
  }
}

function madeKey(made: MadeKey, id: string): StoredKey {
  switch (made.kind) {
    case "made":
      return made.key;
    case "exists":
      throw new SluiceError("key_exists", `There is an API key ${id} already`);
    case "gone":
      throw new SluiceError("key_over", "The API key has ended, and cannot be replaced");
    case "too_many":
      throw new SluiceError("too_many_keys", `There are ${MOST_KEYS} API keys already`, {
        limit: { name: "keys", max: MOST_KEYS, current: MOST_KEYS },
      });
  }
}

function view({ id, name, hint, scopes, types, createdAt, expiresAt, revokedAt }: StoredKey): KeyView {
  return {
    id,
    name,
    hint,
    scopes,
    types,
    createdAt: new Date(createdAt).toISOString(),
    expiresAt: time(expiresAt),
    revokedAt: time(revokedAt),
  };
}

function time(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}
