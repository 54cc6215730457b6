import type { Config } from "../config.ts";
import { readConfig } from "../config.ts";
import type { SluiceEnv } from "../env.ts";
import type { JobView, ReaderJobView, ReadTokenView } from "../protocol/job-view.ts";
import { issueReadToken, READ_TOKEN_MS, type ReadGrant, verifyReadToken } from "../protocol/read-token.ts";
import { requireSecretKeys, type SecretKeys } from "../protocol/secret-keys.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import { readTenant } from "../storage/tenants.ts";
import { inStorage } from "./in-storage.ts";

/** @throws SluiceError `not_configured` when the deployment has none */
export function keysOfReadTokens({ secretKeys }: Pick<Config, "secretKeys">): SecretKeys {
  return requireSecretKeys(secretKeys, "A read token is signed, and");
}

/** A token that reads one job. Whether there is such a job is for the caller to know. */
export async function readTokenOf(config: Config, tenantId: string, jobId: string): Promise<ReadTokenView> {
  const expiresAt = Date.now() + READ_TOKEN_MS;
  const token = await issueReadToken(keysOfReadTokens(config), { tenantId, jobId, expiresAt });
  return { token, expiresAt: new Date(expiresAt).toISOString() };
}

/** What a token grants now, or why it grants nothing. The tenant may have been suspended or deleted since it was issued. */
export async function readGrant(env: SluiceEnv, token: string): Promise<ReadGrant | "invalid" | "expired"> {
  const { secretKeys } = readConfig(env);
  if (secretKeys === null) return "invalid";
  const verified = await verifyReadToken(secretKeys, token, Date.now());
  if (verified.kind !== "valid") return verified.kind;
  const tenant = await inStorage(env, (db) => readTenant(db, verified.tenantId));
  if (tenant === null || tenant.deletedAt !== null) return "invalid";
  if (tenant.suspendedAt !== null) throw new SluiceError("tenant_suspended", "The tenant is suspended");
  return verified;
}

/** A job as an end user may see it. */
export function readerView(view: JobView): ReaderJobView {
  const { id, type, state, attempt, maxAttempts, createdAt, startedAt, finishedAt, dueAt, result } = view;
  return { id, type, state, attempt, maxAttempts, createdAt, startedAt, finishedAt, dueAt, result };
}
