/** @param send sends a request until it is answered */
export function blobsClient(send) {
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
function readJson(response) {
  return response.json();
}
function typeOf(content) {
  if (typeof content === "string") return "text/plain";
  const type = content instanceof Blob ? content.type : "";
  return type === "" ? "application/octet-stream" : type;
}
