import { CliError } from "./cli-error.ts";
import { EXIT } from "./exit-code.ts";
/**
 * `fetch`, which otherwise only says that it failed, with the reason why the API cannot be reached.
 * @param url where it is
 * @param local whether that is on this machine
 */
export function reachingFetch(url, local) {
  return async (request) => {
    try {
      return await fetch(request);
    } catch (cause) {
      throw new CliError("network_error", reason(url, local, cause), EXIT.unavailable, { cause });
    }
  };
}
function reason(url, local, error) {
  if (error.name === "TimeoutError") return `${url} does not answer in time`;
  const { code, message } = error.cause ?? error;
  if (code !== "ECONNREFUSED") return `${url} cannot be reached: ${message || code}`;
  return `nobody listens on ${url}${local ? ": `sluice dev` starts it" : ""}`;
}
