import type { KeyList, KeyView, NewKeyView } from "../protocol/key-view.ts";
import type { KeyRequest, RotateKeyRequest } from "../protocol/keys.ts";
import { newJobId } from "../protocol/new-job-id.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import type { Send } from "./retrying-fetch.ts";

/** A tenant's API keys, for who has one with the scope `manage`. Every method throws `SluiceError`. */
export interface KeysClient {
  /** Newest first, without the keys themselves. */
  list(): Promise<readonly KeyView[]>;
  /**
   * Makes a key that may do no more than the client's own. It is in the answer, and nowhere else.
   * @throws SluiceError `key_exists` when the answer of a first try was lost, and the key with it: revoke that one
   */
  create(request: KeyRequest): Promise<NewKeyView>;
  /** Makes a key that may do what another may, which ends after `overlap` (default 24 h). Throws as {@link create}. */
  rotate(id: string, request?: RotateKeyRequest): Promise<NewKeyView>;
  /** Ends a key; resolves as well when there is none. */
  revoke(id: string): Promise<void>;
}

/**
 * @param send sends a request until it is answered
 * @param base whose keys: the caller's own tenant's, unless it is said
 */
export function keysClient(send: Send, base = "/v1/keys"): KeysClient {
  const path = (id: string) => `${base}/${encodeURIComponent(id)}`;
  // Named here, so that a call that is tried again makes no second key.
  const post = (to: string, request: object) =>
    send<NewKeyView>(to, { method: "POST", body: JSON.stringify({ id: newJobId(), ...request }) }, readJson);
  return {
    list: async () => (await send<KeyList>(base, {}, readJson)).data,
    create: (request) => post(base, request),
    rotate: (id, request = {}) => post(`${path(id)}/rotate`, request),
    async revoke(id) {
      try {
        await send(path(id), { method: "DELETE" }, () => Promise.resolve());
      } catch (error) {
        if (!(error instanceof SluiceError && error.code === "key_not_found")) throw error;
      }
    },
  };
}

function readJson<T>(response: Response): Promise<T> {
  return response.json();
}
