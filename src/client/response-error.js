import { SluiceError } from "../protocol/sluice-error.ts";
/** What a response that is no success says: its problem, or what can be told without one (a proxy in between). */
export async function toSluiceError(response) {
  const problem = await readProblem(response);
  const seconds = Number(response.headers.get("Retry-After") ?? Number.NaN);
  const retryAfterMs = problem.retryAfterMs ?? (Number.isNaN(seconds) ? undefined : seconds * 1000);
  // A newer server's code passes as it is.
  const code = problem.code ?? "unexpected_response";
  return new SluiceError(code, problem.detail ?? `answered ${response.status}`, {
    status: response.status,
    requestId: problem.requestId ?? response.headers.get("Request-Id"),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(problem.limit && { limit: problem.limit }),
    ...(problem.errors && { errors: problem.errors }),
  });
}
async function readProblem(response) {
  const text = await response.text();
  if (!response.headers.get("Content-Type")?.includes("json")) return {};
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
