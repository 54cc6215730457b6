import { allowsType } from "../domain/grant.ts";
import type { ParsedEndpointRequest } from "../inbound/endpoint-request.ts";
import { presetScheme } from "../inbound/presets.ts";
import { type Scheme, schemeSchema } from "../inbound/scheme.ts";
import { secretProblem } from "../inbound/secret.ts";
import { toBase64Url } from "../protocol/base64.ts";
import { invalidRequest, SluiceError } from "../protocol/sluice-error.ts";
import {
  type EndpointSettings,
  insertEndpoint,
  listEndpoints,
  MOST_ENDPOINTS,
  readEndpoint,
  type StoredEndpoint,
  updateEndpoint,
} from "../storage/endpoints.ts";
import { type AllowedTypes, assertType } from "./allowed-types.ts";
import type { Deployment } from "./deployment.ts";
import { type EndpointSecrets, openEndpointSecrets, sealEndpointSecrets } from "./endpoint-secrets.ts";
import { inStorage } from "./in-storage.ts";

/** Random bytes of a public id: nobody finds an endpoint by trying. */
const ID_BYTES = 18;
/** Somebody else changed the endpoint meanwhile: it is read anew, so often. */
const TRIES = 3;

/** One tenant's endpoints, as its key may set them. Every method throws `SluiceError`. */
export class TenantEndpoints {
  readonly #deployment: Deployment;
  readonly #tenantId: string;
  readonly #types: AllowedTypes;

  /** @param types those of the jobs whose endpoints the caller may see and change */
  constructor(deployment: Deployment, tenantId: string, types: AllowedTypes) {
    this.#deployment = deployment;
    this.#tenantId = tenantId;
    this.#types = types;
  }

  async list(): Promise<StoredEndpoint[]> {
    const all = await inStorage(this.#env, (db) => listEndpoints(db, this.#tenantId));
    return all.filter(({ type }) => allowsType({ types: this.#types }, type));
  }

  async get(name: string): Promise<StoredEndpoint> {
    const endpoint = await this.#read(name);
    if (endpoint === null) throw endpointNotFound(name);
    return endpoint;
  }

  /** Makes an endpoint, or sets it to this: its address stays, and its secret where none is given. */
  async put(name: string, request: ParsedEndpointRequest): Promise<{ endpoint: StoredEndpoint; created: boolean }> {
    assertType(this.#types, request.type);
    if (!this.#deployment.registry.has(request.type))
      throw refused("/type", `no handler for "${request.type}"`, "unknown_type");
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      const known = await this.#read(name);
      const endpoint = known === null ? await this.#insert(name, request) : await this.#replace(known, request);
      if (endpoint !== null) return { endpoint, created: known === null };
    }
    throw changedMeanwhile(name);
  }

  /** Gives an endpoint a new secret; the one so far stays valid for `overlapMs`. */
  async rotate(name: string, secret: string, overlapMs: number): Promise<StoredEndpoint> {
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      const known = await this.get(name);
      await checkSecret(schemeOf(known), secret);
      const now = Date.now();
      const [current] = await openEndpointSecrets(this.#secretKeys, known, now);
      // Sent again: nothing is to be replaced by itself.
      if (current === secret) return known;
      const secrets = await this.#seal(known, overlapMs > 0 ? [secret, current] : [secret]);
      const previousUntil = overlapMs > 0 ? now + overlapMs : null;
      const updated = await inStorage(this.#env, (db) =>
        updateEndpoint(db, known, { ...known, secrets, previousUntil }, now),
      );
      if (updated !== null) return updated;
    }
    throw changedMeanwhile(name);
  }

  async #insert(name: string, request: ParsedEndpointRequest): Promise<StoredEndpoint | null> {
    if (request.secret === undefined) throw refused("/secret", "is needed for a new endpoint", "required");
    await checkSecret(request.scheme, request.secret);
    const id = `ep_${toBase64Url(crypto.getRandomValues(new Uint8Array(ID_BYTES)))}`;
    const place = { tenantId: this.#tenantId, id, name };
    const secrets = await this.#seal(place, [request.secret]);
    const inserted = await inStorage(this.#env, (db) =>
      insertEndpoint(db, place, settingsOf(request, secrets, null), Date.now()),
    );
    if (inserted === null && (await this.#read(name)) === null) {
      const limit = { name: "endpoints", max: MOST_ENDPOINTS, current: MOST_ENDPOINTS };
      throw new SluiceError("too_many_endpoints", `${MOST_ENDPOINTS} endpoints are there already`, { limit });
    }
    return inserted;
  }

  async #replace(known: StoredEndpoint, request: ParsedEndpointRequest): Promise<StoredEndpoint | null> {
    const now = Date.now();
    const { secrets, previousUntil } =
      request.secret === undefined
        ? await this.#keep(known, request.scheme, now)
        : { secrets: await this.#sealNew(known, request.scheme, request.secret), previousUntil: null };
    return inStorage(this.#env, (db) =>
      updateEndpoint(db, known, settingsOf(request, secrets, previousUntil), Date.now()),
    );
  }

  // The scheme may be another one now: the secret that is kept must be one of it.
  async #keep(known: StoredEndpoint, scheme: Scheme, now: number) {
    for (const secret of await openEndpointSecrets(this.#secretKeys, known, now)) await checkSecret(scheme, secret);
    return { secrets: known.secrets, previousUntil: known.previousUntil };
  }

  async #sealNew(known: StoredEndpoint, scheme: Scheme, secret: string): Promise<string> {
    await checkSecret(scheme, secret);
    return this.#seal(known, [secret]);
  }

  #seal(place: Pick<StoredEndpoint, "tenantId" | "id">, secrets: EndpointSecrets): Promise<string> {
    return sealEndpointSecrets(this.#secretKeys, place, secrets);
  }

  async #read(name: string): Promise<StoredEndpoint | null> {
    const endpoint = await inStorage(this.#env, (db) => readEndpoint(db, this.#tenantId, name));
    if (endpoint !== null) assertType(this.#types, endpoint.type);
    return endpoint;
  }

  get #env() {
    return this.#deployment.env;
  }

  get #secretKeys() {
    return this.#deployment.config.secretKeys;
  }
}

/** How an endpoint's webhooks are verified and read. */
export function schemeOf({ provider, scheme }: Pick<StoredEndpoint, "provider" | "scheme">): Scheme {
  const found = provider === null ? schemeSchema.parse(JSON.parse(scheme ?? "null")) : presetScheme(provider);
  if (found === null) throw new SluiceError("internal_error", `There is no provider ${provider} in this version`);
  return found;
}

export function endpointNotFound(name: string): SluiceError {
  return new SluiceError("endpoint_not_found", `There is no endpoint ${name}`);
}

function settingsOf(
  { provider, scheme, type, queue, priority, events, disabled }: ParsedEndpointRequest,
  secrets: string,
  previousUntil: number | null,
): EndpointSettings {
  return {
    provider,
    scheme: provider === null ? JSON.stringify(scheme) : null,
    secrets,
    previousUntil,
    type,
    queue,
    priority,
    events: JSON.stringify(events),
    disabled: disabled ? 1 : 0,
  };
}

async function checkSecret(scheme: Scheme, secret: string): Promise<void> {
  const problem = await secretProblem(scheme, secret);
  if (problem !== null) throw refused("/secret", problem, "invalid_secret");
}

function refused(pointer: string, detail: string, code: string): SluiceError {
  return invalidRequest([{ pointer: `#${pointer}`, detail, code }]);
}

function changedMeanwhile(name: string): SluiceError {
  const detail = `${name} is being changed by somebody else`;
  return new SluiceError("storage_unavailable", detail, { retryAfterMs: 1_000 });
}
