import { exports } from "cloudflare:workers";
import { expectDocumented } from "./documented.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** A test looks into whatever came back. */
  readonly body: any;
}

/** A request to the Worker, as over HTTP. Whatever a test asks for, the answer must be as the API is documented. */
export async function request(path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await exports.default.fetch(new Request(`https://sluice.test${path}`, init));
  const text = await textOf(response);
  const isJson = response.headers.get("content-type")?.includes("json") ?? false;
  const answer = { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  expectDocumented(init.method ?? "GET", path, answer);
  return answer;
}

// A stream of events has no end: it is closed.
async function textOf(response: Response): Promise<string> {
  if (!response.headers.get("content-type")?.startsWith("text/event-stream")) return response.text();
  await response.body?.cancel();
  return "";
}

/** Uploads a blob with a tenant's key. */
export function upload({ key }: { key: string }, content: BodyInit, contentType = "text/plain"): Promise<Answer> {
  const headers = { Authorization: `Bearer ${key}`, "Content-Type": contentType };
  return request("/v1/blobs", { method: "POST", headers, body: content });
}

/** The API with a tenant's key. */
export function apiOf({ key }: { key: string }) {
  const authorization = { Authorization: `Bearer ${key}` };
  const withBody =
    (method: string) =>
    (path: string, body?: unknown, headers: Record<string, string> = {}) =>
      request(path, {
        method,
        headers: { ...authorization, "content-type": "application/json", ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
      });
  return {
    get: (path: string, headers: Record<string, string> = {}) =>
      request(path, { headers: { ...authorization, ...headers } }),
    post: withBody("POST"),
    put: withBody("PUT"),
    delete: (path: string) => request(path, { method: "DELETE", headers: authorization }),
  };
}
