import type { Config } from "../config.ts";
import { type Callback, isReservedType } from "../domain/callback.ts";
import type { AnyHandler, Registry } from "../domain/registry.ts";
import { utf8Bytes } from "../domain/utf8-bytes.ts";
import { fieldErrors, pointer } from "../protocol/field-errors.ts";
import { type FieldError, invalidRequest, SluiceError } from "../protocol/sluice-error.ts";
import { targetOrError } from "./checked-target.ts";

/** What jobs are held against. */
export interface Checking {
  readonly registry: Registry;
  readonly config: Config;
}

/** A job's type, payload and callback, found good. */
export interface CheckedContent {
  readonly handler: AnyHandler;
  /** JSON text. */
  readonly payload: string;
  readonly bytes: number;
  readonly callback: Callback | null;
}

interface Content {
  readonly type: string;
  readonly payload: unknown;
  readonly callback?: Callback | undefined;
}

/**
 * Holds a job against the handler of its type; returns what is wrong with it, if anything is.
 * @param path where it stands in the body
 * @throws SluiceError `payload_too_large`; `invalid_request` when JSON cannot carry the payload
 */
export async function checkJob(
  { type, payload: value, callback: asked }: Content,
  path: readonly PropertyKey[],
  { registry, config }: Checking,
): Promise<CheckedContent | { readonly errors: FieldError[] }> {
  if (isReservedType(type)) {
    const detail = 'types that begin with "sluice." are Sluice\'s own: no caller can enqueue them';
    return { errors: [{ pointer: pointer([...path, "type"]), detail, code: "reserved_type" }] };
  }
  const handler = registry.get(type);
  if (handler === undefined) {
    const detail = `no handler for "${type}"`;
    return { errors: [{ pointer: pointer([...path, "type"]), detail, code: "unknown_type" }] };
  }
  const callback = checkCallback(asked, path, config);
  if (callback !== null && "code" in callback) return { errors: [callback] };
  const payload = toJson(value, [...path, "payload"]);
  const valid = await handler.input.safeParseAsync(value);
  if (!valid.success) return { errors: fieldErrors(valid.error, [...path, "payload"]) };
  const bytes = utf8Bytes(payload);
  if (bytes > config.maxPayloadBytes) {
    const where = pointer([...path, "payload"]);
    const detail = `${where}: the payload has ${bytes} bytes, the limit is ${config.maxPayloadBytes}`;
    throw new SluiceError("payload_too_large", detail);
  }
  return { handler, payload, bytes, callback };
}

/** A callback with its URL in the one form that it is known by; or what is wrong with the URL. */
function checkCallback(
  callback: Callback | undefined,
  path: readonly PropertyKey[],
  { allowLoopback }: Config,
): Callback | FieldError | null {
  if (callback === undefined) return null;
  const url = targetOrError(callback.url, [...path, "callback", "url"], allowLoopback);
  return typeof url === "string" ? { url, on: callback.on } : url;
}

/** @throws SluiceError when JSON cannot carry it, as a bigint or a cycle */
export function toJson(value: unknown, path: readonly PropertyKey[]): string {
  try {
    return JSON.stringify(value);
  } catch {
    throw invalidRequest([{ pointer: pointer(path), detail: "cannot be written as JSON", code: "not_json" }]);
  }
}
