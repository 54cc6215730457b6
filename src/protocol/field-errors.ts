import type { z } from "zod";
import type { FieldError } from "./sluice-error";

/** At most so many are told at once. */
const MOST_ERRORS = 50;

/** What zod found, as JSON pointers below `base` (RFC 6901, in URI fragment form: "#/jobs/3/payload/url"). */
export function fieldErrors(error: z.ZodError, base: readonly PropertyKey[] = []): FieldError[] {
  return error.issues
    .flatMap((issue): FieldError[] => {
      const path = [...base, ...issue.path];
      if (issue.code !== "unrecognized_keys") {
        return [{ pointer: pointer(path), detail: issue.message, code: issue.code }];
      }
      return issue.keys.map((key) => ({ pointer: pointer([...path, key]), detail: "unknown field", code: issue.code }));
    })
    .slice(0, MOST_ERRORS);
}

/** A path as a JSON pointer. */
export function pointer(path: readonly PropertyKey[]): string {
  const escaped = path.map((key) => String(key).replaceAll("~", "~0").replaceAll("/", "~1"));
  return ["#", ...escaped.map(encodeURI)].join("/");
}
