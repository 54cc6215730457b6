import { withDeadline } from "../deadline.ts";
import type { Jurisdiction } from "../domain/region.ts";
import type { SluiceEnv } from "../env.ts";
import { log } from "../log.ts";
import { pause, retryPauseMs } from "../pause.ts";
import type { QueueMessage } from "../protocol/queue-message.ts";
import { packMessages, type Sendable } from "./pack-messages.ts";

/** Messages that one `sendBatch` takes (the platform's limit). */
const MESSAGES_PER_SEND = 100;
const TRIES = 5;
const FIRST_PAUSE_MS = 100;
/** A send that takes longer is tried again: what comes twice is harmless, a gate that never sends again is not. */
const SEND_MS = 10_000;

/** Whose jobs are sent, and where its gate is. */
interface Place {
  readonly tenantId: string;
  readonly jurisdiction?: Jurisdiction | null;
}

/** What the sender is told of its tenant at any time. */
interface Told {
  /** It has few jobs in flight, those to be sent included. */
  readonly isQuiet: () => boolean;
  /** Somebody follows its events. */
  readonly isFollowed: () => boolean;
}

type Queues = Pick<SluiceEnv, "JOBS" | "EXPRESS" | "ISOLATED">;

/**
 * Sends released jobs into the Queues, after their callers were answered. Jobs that come while a send is in flight go
 * together with the next. A send that keeps failing is given up: the jobs' `due_at` brings them back.
 *
 * A quiet tenant's jobs take the express Queue: no batch in it is full of another tenant's thousands, and what a flooding
 * tenant has in flight, up to its concurrency, is not ahead of them.
 */
export class Sender {
  readonly #queues: Queues;
  readonly #tenantId: string;
  readonly #told: Told;
  /** Whoever settles these jobs must find the gate that has sent them. */
  readonly #place: Pick<QueueMessage, "jurisdiction">;
  /** Bounded by the tenant's concurrency: each job in it holds a slot. */
  #pending: Sendable[] = [];
  #sending = false;

  constructor(queues: Queues, { tenantId, jurisdiction = null }: Place, told: Told) {
    this.#queues = queues;
    this.#tenantId = tenantId;
    this.#place = jurisdiction === null ? {} : { jurisdiction };
    this.#told = told;
  }

  send(jobs: readonly Sendable[]): void {
    for (const job of jobs) this.#pending.push(job);
    if (!this.#sending && this.#pending.length > 0) void this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    this.#sending = true;
    while (this.#pending.length > 0) {
      const jobs = this.#pending;
      this.#pending = [];
      const packed = packMessages(this.#tenantId, jobs);
      const { JOBS, EXPRESS = JOBS, ISOLATED } = this.#queues;
      await Promise.all([
        this.#deliver(this.#told.isQuiet() ? EXPRESS : JOBS, packed.jobs),
        this.#deliver(ISOLATED, packed.isolated),
      ]);
    }
    this.#sending = false;
  }

  async #deliver(queue: Queue<QueueMessage>, messages: readonly QueueMessage[]): Promise<void> {
    const followed = this.#told.isFollowed() && { watched: true };
    for (let from = 0; from < messages.length; from += MESSAGES_PER_SEND) {
      const batch = messages
        .slice(from, from + MESSAGES_PER_SEND)
        .map((body) => ({ body: { ...body, ...this.#place, ...followed }, contentType: "json" }) as const);
      await this.#sendBatch(queue, batch);
    }
  }

  async #sendBatch(queue: Queue<QueueMessage>, batch: MessageSendRequest<QueueMessage>[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await withDeadline(queue.sendBatch(batch), SEND_MS, () => new Error(`no answer within ${SEND_MS} ms`));
        return;
      } catch (error) {
        if (attempt === TRIES) {
          log.error("queue send given up", { tenantId: this.#tenantId, messages: batch.length, error });
          return;
        }
        await pause(retryPauseMs(attempt, FIRST_PAUSE_MS));
      }
    }
  }
}
