import type { WebhookRequest } from "../../src/inbound/webhook-request.ts";
import type { Sample } from "./published-samples.ts";

const URL_OF_ENDPOINT = "https://sluice.example/in/019a0000-0000-7000-8000-000000000000";

/** The request that a sample is. */
export function requestOf(
  sample: Pick<Sample, "headers" | "body" | "url">,
  changed: Partial<WebhookRequest> = {},
): WebhookRequest {
  return {
    method: "POST",
    url: sample.url ?? URL_OF_ENDPOINT,
    headers: new Headers(sample.headers),
    body: new TextEncoder().encode(sample.body),
    ...changed,
  };
}
