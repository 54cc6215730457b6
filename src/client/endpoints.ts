import type { EndpointList, EndpointView, RejectionList, RejectionView } from "../protocol/endpoint-view.ts";
import type { EndpointRequest, RotateEndpointRequest } from "../protocol/endpoints.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import type { Send } from "./retrying-fetch.ts";

/** Public addresses that take webhooks. Every method throws `SluiceError`. */
export interface EndpointsClient {
  /** All endpoints, by name. */
  list(): Promise<readonly EndpointView[]>;
  get(name: string): Promise<EndpointView>;
  /** Makes an endpoint, or sets it to this; its address stays, and its secret where none is given. */
  set(name: string, request: EndpointRequest): Promise<EndpointView>;
  /** Resolves as well when there is none. */
  delete(name: string): Promise<void>;
  /** Gives an endpoint a new secret; the one so far stays valid for the overlap. */
  rotate(name: string, request: RotateEndpointRequest): Promise<EndpointView>;
  /** What an endpoint has refused of late, the newest first. */
  rejections(name: string): Promise<readonly RejectionView[]>;
}

/** @param send sends a request until it is answered */
export function endpointsClient(send: Send): EndpointsClient {
  const path = (name: string) => `/v1/endpoints/${encodeURIComponent(name)}`;
  return {
    list: async () => (await send<EndpointList>("/v1/endpoints", {}, readJson)).data,
    get: (name) => send<EndpointView>(path(name), {}, readJson),
    set: (name, request) => send<EndpointView>(path(name), { method: "PUT", body: JSON.stringify(request) }, readJson),
    async delete(name) {
      try {
        await send(path(name), { method: "DELETE" }, () => Promise.resolve());
      } catch (error) {
        // A try before this one may have deleted it, its answer lost.
        if (!(error instanceof SluiceError && error.code === "endpoint_not_found")) throw error;
      }
    },
    rotate: (name, request) =>
      send<EndpointView>(`${path(name)}/rotate`, { method: "POST", body: JSON.stringify(request) }, readJson),
    rejections: async (name) => (await send<RejectionList>(`${path(name)}/rejections`, {}, readJson)).data,
  };
}

function readJson<T>(response: Response): Promise<T> {
  return response.json();
}
