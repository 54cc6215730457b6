import type { BlobInput, BlobRef } from "../domain/blob.ts";
import type { BlobView } from "../protocol/blob-view.ts";
import type { Send } from "./retrying-fetch.ts";

/** Files for jobs, and those that jobs have made. Every method throws `SluiceError`. */
export interface BlobsClient {
  /**
   * Uploads content; a payload then names it as `{ blob: id }`.
   * @param options `contentType`: default that of a `Blob`, else text/plain for a string, else application/octet-stream
   */
  put(content: BlobInput, options?: { readonly contentType?: string }): Promise<BlobView>;
  /** A blob's content, with its type. */
  get(blob: BlobRef | string): Promise<Blob>;
}

/** @param send sends a request until it is answered */
export function blobsClient(send: Send): BlobsClient {
  return {
    put: (content, { contentType = typeOf(content) } = {}) =>
      // Tried again like any call: what an upload has left whose answer was lost is swept.
      send("/v1/blobs", { method: "POST", body: content, headers: { "Content-Type": contentType } }, readJson),
    get: (blob) => {
      const id = typeof blob === "string" ? blob : blob.blob;
      return send(`/v1/blobs/${encodeURIComponent(id)}`, {}, (response) => response.blob());
    },
  };
}

function readJson(response: Response): Promise<BlobView> {
  return response.json();
}

function typeOf(content: BlobInput): string {
  if (typeof content === "string") return "text/plain";
  const type = content instanceof Blob ? content.type : "";
  return type === "" ? "application/octet-stream" : type;
}
