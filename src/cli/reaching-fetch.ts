import { CliError } from "./cli-error.ts";
import { EXIT } from "./exit-code.ts";

/**
 * `fetch`, which otherwise only says that it failed, with the reason why the API cannot be reached.
 * @param url where it is
 * @param local whether that is on this machine
 */
export function reachingFetch(url: string, local: boolean): (request: Request) => Promise<Response> {
  return async (request) => {
    try {
      return await fetch(request);
    } catch (cause) {
      throw new CliError("network_error", reason(url, local, cause as Error), EXIT.unavailable, { cause });
    }
  };
}

function reason(url: string, local: boolean, error: Error): string {
  if (error.name === "TimeoutError") return `${url} does not answer in time`;
  const { code, message } = (error.cause ?? error) as { code?: string; message?: string };
  if (code !== "ECONNREFUSED") return `${url} cannot be reached: ${message || code}`;
  return `nobody listens on ${url}${local ? ": `sluice dev` starts it" : ""}`;
}
