import { log } from "../log.ts";
import type { FollowedTenant } from "../storage/followed-jobs.ts";
import { LONGEST_STREAM_MS } from "./followers.ts";

const MARK_MS = 2 * LONGEST_STREAM_MS;
/** So long after the last one has left, consumers are told that nobody follows. */
const LINGER_MS = 60_000;

/**
 * What tells consumers whose jobs run already that somebody follows: a time in the tenant's row, which they read with
 * their heartbeat. It is set for longer than a stream lasts, and taken away when a consumer reports to nobody: so a tenant
 * that is followed costs two rows an hour, and one that was a row more.
 */
export class WatchMark {
  readonly #tenant: FollowedTenant;
  #until = 0;
  #leftAt = Date.now();

  constructor(tenant: FollowedTenant) {
    this.#tenant = tenant;
  }

  /** Set for at least as long as a stream may last. */
  async set(): Promise<void> {
    const now = Date.now();
    if (this.#until - now >= LONGEST_STREAM_MS) return;
    await this.#tenant.mark(now + MARK_MS);
    this.#until = now + MARK_MS;
  }

  /** Nobody follows any more. */
  left(): void {
    this.#leftAt = Date.now();
  }

  /** A consumer has reported though nobody follows. */
  reportedToNobody(): void {
    const now = Date.now();
    if (now - this.#leftAt < LINGER_MS) return;
    this.#leftAt = now;
    this.#until = 0;
    // Not one that is set from now on, whichever of the two comes first.
    this.#tenant.unmark(now + MARK_MS).catch((error: unknown) => {
      log.warn("consumers could not be told that nobody follows", { error });
    });
  }
}
