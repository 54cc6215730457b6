import { type ParsedBody, parseBody } from "./body.ts";
import { parseField, valueAt } from "./field.ts";

/** A request to a webhook endpoint, with its body read. */
export interface WebhookRequest {
  readonly method: string;
  /** As the provider called it: some sign it. */
  readonly url: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** A request whose fields are read by what a scheme calls them. */
export class RequestReader {
  readonly request: WebhookRequest;
  /** Of the signature's header. */
  readonly pieces: readonly string[];
  #body: ParsedBody | undefined;

  constructor(request: WebhookRequest, pieces: readonly string[]) {
    this.request = request;
    this.pieces = pieces;
  }

  /** Parsed when it is first asked for: what needs no parsing before the signature was checked is not parsed. */
  get body(): ParsedBody {
    this.#body ??= parseBody(this.request.headers, this.request.body);
    return this.#body;
  }

  /** The text of a field, null when it is not there or no text; numbers and booleans as JSON writes them. */
  field(name: string): string | null {
    const field = parseField(name);
    if (field === null) return null;
    if (field.from === "header") return this.request.headers.get(field.name);
    if (field.from === "query") return parameter(this.request.url, field.name);
    if (field.from === "body") return scalar(this.value(field.pointer));
    const prefix = `${field.name}=`;
    return this.pieces.find((piece) => piece.startsWith(prefix))?.slice(prefix.length) ?? null;
  }

  /** What a pointer names in the body. */
  value(pointer: readonly string[]): unknown {
    return this.body.kind === "other" ? undefined : valueAt(this.body.value, pointer);
  }
}

function parameter(url: string, name: string): string | null {
  return URL.canParse(url) ? new URL(url).searchParams.get(name) : null;
}

function scalar(value: unknown): string | null {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : null;
}
