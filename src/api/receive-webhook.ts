import { draftJobs } from "../drafts/draft-jobs.ts";
import { verifyWebhook } from "../inbound/verify-webhook.ts";
import { webhookPayload } from "../inbound/webhook-payload.ts";
import type { WebhookRequest } from "../inbound/webhook-request.ts";
import { sha256 } from "../protocol/sha256.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import type { Deployment } from "./deployment.ts";
import type { OpenEndpoint } from "./endpoint-cache.ts";
import { admitJobs } from "./enqueue-jobs.ts";

/** What has become of a webhook. */
export type Received =
  | { readonly kind: "enqueued"; readonly jobId: string; readonly duplicate: boolean }
  /** The endpoint does not take this event. */
  | { readonly kind: "ignored"; readonly event: string | null }
  /** The provider has only asked whether somebody is there. */
  | { readonly kind: "challenge"; readonly reply: Response }
  | { readonly kind: "rejected"; readonly cause: string };

/**
 * Verifies a webhook and makes it a job, once for each delivery: one that comes again is answered with the job that it
 * has already, for as long as that is kept. Rates do not apply, since many providers never send again what was refused.
 * @throws SluiceError when the job cannot be enqueued
 */
export async function receiveWebhook(
  deployment: Deployment,
  endpoint: OpenEndpoint,
  request: WebhookRequest,
): Promise<Received> {
  const now = Date.now();
  const { id, scheme, secrets, tenantId, type, queue, priority } = endpoint;
  const verified = await verifyWebhook(scheme, secrets, request, now);
  if (verified.kind === "rejected") return verified;
  if (verified.kind === "challenge") {
    const { status, headers, body } = verified.reply;
    return { kind: "challenge", reply: new Response(body, { status, headers }) };
  }
  if (!endpoint.takes(verified.event)) return { kind: "ignored", event: verified.event };
  const payload = webhookPayload({ endpoint: id, scheme, request, verified, receivedAt: now });
  const idempotencyKey = `${id}:${await sha256(verified.deliveryId)}`;
  const value = { type, queue, priority, payload, idempotencyKey };
  const [checked] = await draftJobs([{ value, path: [] }], deployment);
  if (checked === undefined) throw new SluiceError("internal_error", "There is no draft");
  // A delivery that is sent again has other headers and another time: it is the same by its id alone.
  const draft = { ...checked.draft, requestDigest: await sha256(idempotencyKey) };
  const { jobs } = await admitJobs(deployment, tenantId, [{ ...checked, draft }], [[]], { metered: false });
  const [job] = jobs;
  if (job === undefined) throw new SluiceError("internal_error", "There is no job");
  return { kind: "enqueued", jobId: job.view.id, duplicate: job.replayed };
}
