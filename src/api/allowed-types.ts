import { allowsType, type Grant } from "../domain/grant.ts";
import { pointer } from "../protocol/field-errors.ts";
import { type FieldError, SluiceError } from "../protocol/sluice-error.ts";

/** The job types that a caller is limited to; null: any. */
export type AllowedTypes = Grant["types"];

/** Something that a caller has sent. */
interface RequestAt {
  readonly value: unknown;
  /** Where it stands in the body. */
  readonly path: readonly PropertyKey[];
}

/** @throws SluiceError `type_not_allowed` */
export function assertType(types: AllowedTypes, type: string): void {
  if (!allowsType({ types }, type)) throw typeNotAllowed(types, `"${type}"`);
}

/**
 * As callers have sent them, before anything else is looked at: what is not even a text is refused later.
 * @throws SluiceError `type_not_allowed`
 */
export function assertTypesOf(types: AllowedTypes, requests: readonly RequestAt[]): void {
  if (types === null) return;
  const errors = requests.flatMap(namedIn).flatMap(({ value, path }): FieldError[] => {
    const type = (value as { type?: unknown } | null)?.type;
    if (typeof type !== "string" || types.includes(type)) return [];
    return [{ pointer: pointer([...path, "type"]), detail: `not "${type.slice(0, 100)}"`, code: "type_not_allowed" }];
  });
  const [first] = errors;
  if (first !== undefined) throw typeNotAllowed(types, `${first.pointer}: ${first.detail}`, errors);
}

/** What has a type in a request: the job, and those that follow on it. */
function namedIn(request: RequestAt): readonly RequestAt[] {
  const { value, path } = request;
  if (typeof value !== "object" || value === null) return [request];
  const { then, onFailure } = value as { readonly then?: unknown; readonly onFailure?: unknown };
  const steps = Array.isArray(then) ? then : [];
  return [
    request,
    ...steps.map((step: unknown, index) => ({ value: step, path: [...path, "then", index] })),
    { value: onFailure, path: [...path, "onFailure"] },
  ];
}

/** A key or a binding limited to types was used for something else. */
export function typeNotAllowed(types: AllowedTypes, what: string, errors?: readonly FieldError[]): SluiceError {
  const allowed = (types ?? []).join(", ");
  return new SluiceError("type_not_allowed", `${what}; allowed: ${allowed}`, errors && { errors });
}
