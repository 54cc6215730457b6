import { parseBody } from "./body.ts";
import { parseField, valueAt } from "./field.ts";
/** A request whose fields are read by what a scheme calls them. */
export class RequestReader {
  request;
  /** Of the signature's header. */
  pieces;
  #body;
  constructor(request, pieces) {
    this.request = request;
    this.pieces = pieces;
  }
  /** Parsed when it is first asked for: what needs no parsing before the signature was checked is not parsed. */
  get body() {
    this.#body ??= parseBody(this.request.headers, this.request.body);
    return this.#body;
  }
  /** The text of a field, null when it is not there or no text; numbers and booleans as JSON writes them. */
  field(name) {
    const field = parseField(name);
    if (field === null) return null;
    if (field.from === "header") return this.request.headers.get(field.name);
    if (field.from === "query") return parameter(this.request.url, field.name);
    if (field.from === "body") return scalar(this.value(field.pointer));
    const prefix = `${field.name}=`;
    return this.pieces.find((piece) => piece.startsWith(prefix))?.slice(prefix.length) ?? null;
  }
  /** What a pointer names in the body. */
  value(pointer) {
    return this.body.kind === "other" ? undefined : valueAt(this.body.value, pointer);
  }
}
function parameter(url, name) {
  return URL.canParse(url) ? new URL(url).searchParams.get(name) : null;
}
function scalar(value) {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : null;
}
