import pLimit from "p-limit";
import { readConfig } from "../config.ts";
import { ANYWHERE, type Jurisdiction } from "../domain/region.ts";
import { isBatchHandler, type Registry } from "../domain/registry.ts";
import type { SluiceEnv } from "../env.ts";
import { gateStub } from "../gate-stub.ts";
import { log } from "../log.ts";
import { pause, retryPauseMs } from "../pause.ts";
import { queueMessageSchema } from "../protocol/queue-message.ts";
import { type ClaimedJob, claimJobs, findClaimed, type JobRef } from "../storage/claim-jobs.ts";
import { guardD1, isRefusal } from "../storage/guarded-d1.ts";
import { chunkJobs } from "./chunk-jobs.ts";
import { toFinish } from "./finish.ts";
import { Finisher } from "./finisher.ts";
import { Heartbeat } from "./heartbeat.ts";
import { LiveReports } from "./live-reports.ts";
import { logAttempt } from "./log-attempt.ts";
import { measured } from "./measure.ts";
import { type EndedJob, runChunk } from "./run-chunk.ts";
import { signingSecretCache } from "./signing-secret-cache.ts";
import { StepWriter } from "./step-writer.ts";

const CLAIM_TRIES = 3;
const CLAIM_PAUSE_MS = 200;
/** When D1 is away, the messages come again after this time; after that, the gate's alarm rules. */
const AWAY_SECONDS = 10;

/**
 * One batch from the Queue: claim all of its jobs in one statement, run them side by side, and write their ends as
 * they come.
 */
export async function consumeBatch(batch: MessageBatch, env: SluiceEnv, registry: Registry): Promise<void> {
  const config = readConfig(env);
  const db = guardD1(env.DB, config.readDeadlineMs);
  const { refs, places, watched } = readMessages(batch);
  if (refs.length === 0) return;
  const claim = {
    token: crypto.randomUUID(),
    now: Date.now(),
    leaseGraceMs: config.leaseGraceMs,
    isolated: batch.queue === config.isolatedQueue,
  };
  let jobs: ClaimedJob[];
  try {
    jobs = await claimSurely(db, refs, claim);
  } catch (error) {
    log.error("a batch could not be claimed", { messages: batch.messages.length, error });
    batch.retryAll({ delaySeconds: AWAY_SECONDS });
    return;
  }
  const gateOf = (tenantId: string) =>
    gateStub(env.GATES, tenantId, { ...ANYWHERE, jurisdiction: places.get(tenantId) ?? null });
  const finisher = new Finisher(db, gateOf);
  const reports = new LiveReports(gateOf, jobs, watched);
  const context = { blobs: env.BLOBS, maxResultBytes: config.maxPayloadBytes, now: Date.now, random: Math.random };
  const signingSecrets = signingSecretCache({ db, keys: config.secretKeys }, config.keyCacheMs);
  const heartbeat = new Heartbeat(db, reports);
  const stepWriter = new StepWriter(db, (job) => heartbeat.lost(job));
  const resources = { blobs: env.BLOBS, registry, config, signingSecrets, reports, stepWriter };
  const perBatch = limits(registry, config.handlerConcurrency);
  const end = async ([job, { outcome, logs }]: EndedJob, startedAt: number) => {
    const finish = measured(job, outcome, startedAt, await toFinish(job, outcome, context));
    logAttempt(job, finish, config.logAttempts);
    finisher.add({ ...finish, logs, job: reports.ended(job) });
  };
  await Promise.all(
    chunkJobs(jobs, registry).map((chunk) =>
      perBatch(chunk[0].type, async () => {
        const startedAt = Date.now();
        const ended = await runChunk(chunk, resources, heartbeat);
        await Promise.all(ended.map((one) => end(one, startedAt)));
      }),
    ),
  );
  await Promise.all([finisher.drained(), reports.drained()]);
}

/** The jobs that a batch is about, in which jurisdictions the gates of their tenants are, and which tenants somebody follows. */
function readMessages(batch: MessageBatch): {
  readonly refs: readonly JobRef[];
  readonly places: ReadonlyMap<string, Jurisdiction>;
  readonly watched: ReadonlySet<string>;
} {
  const refs = new Map<string, JobRef>();
  const places = new Map<string, Jurisdiction>();
  const watchedTenants = new Set<string>();
  for (const message of batch.messages) {
    const parsed = queueMessageSchema.safeParse(message.body);
    if (!parsed.success) {
      log.error("a queue message is not one of ours", { messageId: message.id, error: parsed.error });
      continue;
    }
    const { tenantId, jobIds, jurisdiction, watched = false } = parsed.data;
    if (jurisdiction !== undefined) places.set(tenantId, jurisdiction);
    if (watched) watchedTenants.add(tenantId);
    for (const id of jobIds) refs.set(`${tenantId}/${id}`, { tenantId, id });
  }
  return { refs: [...refs.values()], places, watched: watchedTenants };
}

// A claim whose reply was lost has made jobs running already: they are read back by its token.
async function claimSurely(
  db: D1Database,
  refs: readonly JobRef[],
  claim: Parameters<typeof claimJobs>[2],
): Promise<ClaimedJob[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      const claimed = await claimJobs(db, refs, claim);
      return attempt === 1 ? claimed : await findClaimed(db, refs, claim.token);
    } catch (error) {
      if (attempt === CLAIM_TRIES || isRefusal(error)) throw error;
      await pause(retryPauseMs(attempt, CLAIM_PAUSE_MS));
    }
  }
}

type Limited = <T>(type: string, run: () => Promise<T>) => Promise<T>;

/** How many run at a time: of all types together, and of a type that sets `perBatch`. Those that run together are one. */
function limits(registry: Registry, ofAll: number): Limited {
  const all = pLimit(ofAll);
  const ofType = new Map<string, ReturnType<typeof pLimit>>();
  return (type, run) => {
    const handler = registry.get(type);
    const perBatch = handler === undefined || isBatchHandler(handler) ? undefined : handler.perBatch;
    if (perBatch === undefined) return all(run);
    const limit = ofType.get(type) ?? pLimit(perBatch);
    ofType.set(type, limit);
    return limit(() => all(run));
  };
}
