import { type Context, Hono } from "hono";
import { readConfig } from "../../config.ts";
import { blobTime, isBlobId, usableUntil } from "../../domain/blob.ts";
import type { BlobView } from "../../protocol/blob-view.ts";
import { SluiceError } from "../../protocol/sluice-error.ts";
import { contentTypeOf, keepBlob, requestBlob } from "../../storage/blobs.ts";
import { type TenantRouteEnv } from "../deployment-of.ts";
import { requires } from "../guards.ts";
import { methodNotAllowed } from "../method-not-allowed.ts";
import { parameters } from "../parameters.ts";

const CONTENT_TYPE = /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+(\s*;.*)?$/;
const LONGEST_CONTENT_TYPE = 255;

export const blobRoutes = new Hono<TenantRouteEnv>()
  .post("/", requires("jobs:write"), parameters(), async (c) => {
    const contentType = uploadType(c);
    const bytes = uploadLength(c);
    const id = await keep(c, bytes, contentType);
    const location = `${c.get("baseUrl")}/v1/blobs/${id}`;
    return c.json(view(id, contentType, bytes), 201, { Location: location });
  })
  .all("/", methodNotAllowed("POST"))
  .get("/:id", requires("jobs:read"), parameters(), async (c) => {
    const id = c.req.param("id");
    const object = isBlobId(id) ? await request(c, id) : null;
    if (object === null) throw new SluiceError("blob_not_found", `There is no blob ${id.slice(0, 100)}`);
    if (hasContent(object)) return contentResponse(object);
    return new Response(null, { status: unmetStatus(c), headers: tags(object) });
  })
  .all("/:id", methodNotAllowed("GET"));

function uploadType(c: Context<TenantRouteEnv>): string {
  const contentType = (c.req.header("content-type") ?? "application/octet-stream").trim().toLowerCase();
  if (!CONTENT_TYPE.test(contentType) || contentType.length > LONGEST_CONTENT_TYPE) {
    throw new SluiceError("unsupported_media_type", "The Content-Type is not one");
  }
  const essence = contentType.replace(/\s*;.*/, "");
  const allowed = readConfig(c.env).blobTypes;
  if (allowed.includes(essence) || allowed.includes(essence.replace(/\/.*/, "/*"))) return contentType;
  throw new SluiceError("unsupported_media_type", `${essence} is not taken, only ${allowed.join(", ")}`);
}

// R2 takes a stream only of a known length; and what is too long need not be read at all.
function uploadLength(c: Context<TenantRouteEnv>): number {
  const header = c.req.header("content-length");
  if (header === undefined || !/^\d+$/.test(header)) {
    throw new SluiceError("length_required", "There is no Content-Length, which a blob needs");
  }
  const bytes = Number(header);
  const { maxBlobBytes } = readConfig(c.env);
  if (bytes <= maxBlobBytes) return bytes;
  throw new SluiceError("payload_too_large", `The blob has ${bytes} bytes, the limit is ${maxBlobBytes}`);
}

async function keep(c: Context<TenantRouteEnv>, bytes: number, contentType: string): Promise<string> {
  // Fails when the body is shorter or longer than announced: R2 then keeps nothing.
  const { readable, writable } = new FixedLengthStream(bytes);
  const body = c.req.raw.body ?? new Blob([]).stream();
  const sent = body.pipeTo(writable);
  try {
    const [id] = await Promise.all([keepBlob(c.env.BLOBS, c.get("tenantId"), readable, contentType), sent]);
    return id;
  } catch (cause) {
    throw new SluiceError("storage_unavailable", "The blob could not be kept", { retryAfterMs: 1_000, cause });
  }
}

// RFC 9110 §8.8.3 and §13.1. R2 throws at any other, as if it were out of order.
const ENTITY_TAGS = /^(?:\*|(?:W\/)?"[\x21\x23-\x7e]*"(?: *, *(?:W\/)?"[\x21\x23-\x7e]*")*)$/;

async function request(c: Context<TenantRouteEnv>, id: string): Promise<R2ObjectBody | R2Object | null> {
  for (const name of ["If-Match", "If-None-Match"]) {
    const tags = c.req.header(name);
    if (tags === undefined || ENTITY_TAGS.test(tags)) continue;
    throw new SluiceError("invalid_parameter", `${name}: must be "*", or entity tags in quotes as an ETag gives them`);
  }
  try {
    return await requestBlob(c.env.BLOBS, c.get("tenantId"), id, c.req.raw.headers);
  } catch (cause) {
    throw new SluiceError("storage_unavailable", "The blob cannot be read", { retryAfterMs: 1_000, cause });
  }
}

function contentResponse(object: R2ObjectBody): Response {
  const headers = new Headers(tags(object));
  headers.set("Content-Type", contentTypeOf(object));
  // Whatever was uploaded: a browser neither guesses what it is nor runs it.
  headers.set("X-Content-Type-Options", "nosniff");
  headers.set("Content-Security-Policy", "default-src 'none'; sandbox");
  const part = rangeOf(object);
  if (part !== null) headers.set("Content-Range", `bytes ${part.from}-${part.to}/${object.size}`);
  headers.set("Content-Length", String(part === null ? object.size : part.to - part.from + 1));
  return new Response(object.body, { status: part === null ? 200 : 206, headers });
}

function rangeOf({ range, size }: R2ObjectBody): { from: number; to: number } | null {
  if (range === undefined) return null;
  const { offset = 0, length = size, suffix } = range as { offset?: number; length?: number; suffix?: number };
  const from = suffix === undefined ? offset : Math.max(0, size - suffix);
  const to = Math.min(size, from + (suffix ?? length)) - 1;
  return from === 0 && to === size - 1 ? null : { from, to };
}

// A blob never changes.
function tags({ httpEtag }: R2Object): Record<string, string> {
  return { ETag: httpEtag, "Cache-Control": "private, max-age=31536000, immutable", "Accept-Ranges": "bytes" };
}

// Without it, a condition of the request does not hold.
function hasContent(object: R2Object): object is R2ObjectBody {
  return "body" in object;
}

// RFC 9110 §13.2.2: who asks for what has changed gets 304, who insists on what he knows gets 412.
function unmetStatus(c: Context<TenantRouteEnv>): 304 | 412 {
  return c.req.header("if-none-match") !== undefined || c.req.header("if-modified-since") !== undefined ? 304 : 412;
}

function view(id: string, contentType: string, bytes: number): BlobView {
  return {
    id,
    contentType,
    bytes,
    createdAt: new Date(blobTime(id)).toISOString(),
    usableUntil: new Date(usableUntil(id)).toISOString(),
  };
}
