import { MOST_FIELD_ERRORS } from "./sluice-error.ts";
/** What zod found, as JSON pointers below `base` (RFC 6901, in URI fragment form: "#/jobs/3/payload/url"). */
export function fieldErrors(error, base = []) {
  return error.issues
    .flatMap((issue) => {
      const path = [...base, ...issue.path];
      if (issue.code !== "unrecognized_keys") {
        return [{ pointer: pointer(path), detail: issue.message, code: issue.code }];
      }
      return issue.keys.map((key) => ({ pointer: pointer([...path, key]), detail: "unknown field", code: issue.code }));
    })
    .slice(0, MOST_FIELD_ERRORS);
}
/** A path as a JSON pointer. */
export function pointer(path) {
  const escaped = path.map((key) => String(key).replaceAll("~", "~0").replaceAll("/", "~1").toWellFormed());
  return ["#", ...escaped.map((token) => encodeURI(token).replaceAll("#", "%23"))].join("/");
}
