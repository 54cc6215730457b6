import { FatalError } from "../domain/outcome.ts";
import { checkTarget } from "../outgoing/target-guard.ts";
import { pointer } from "../protocol/field-errors.ts";
import { type FieldError, invalidRequest } from "../protocol/sluice-error.ts";

/**
 * The URL that a caller wants to be told at, in the one form that it is known by; or what is wrong with it.
 * @param path where it stands in the body
 */
export function targetOrError(
  url: string,
  path: readonly PropertyKey[],
  allowLoopback: readonly string[],
): string | FieldError {
  try {
    return checkTarget(url, allowLoopback).href;
  } catch (refused) {
    if (!(refused instanceof FatalError)) throw refused;
    return { pointer: pointer(path), detail: refused.message, code: "custom" };
  }
}

/**
 * The URL that a caller wants to be told at, in the one form that it is known by.
 * @param path where it stands in the body
 * @throws SluiceError `invalid_request` when the guard refuses it
 */
export function checkedTarget(url: string, path: readonly PropertyKey[], allowLoopback: readonly string[]): string {
  const target = targetOrError(url, path, allowLoopback);
  if (typeof target === "string") return target;
  throw invalidRequest([target]);
}
