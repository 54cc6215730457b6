import { log } from "../log.ts";
import type { Admission, ReloadReply } from "../protocol/gate.ts";
import { isFenced } from "../storage/gate-fence.ts";
import type { ChangeCall, EnqueueCall } from "./calls.ts";
import { type BufferLimits, CommitBuffer } from "./commit-buffer.ts";
import type { OpenGate } from "./open-gate.ts";
import { GateReplaced } from "./read-settings.ts";
import { reconcile } from "./reconcile.ts";
import { writeCycle } from "./write-cycle.ts";

const BUFFER: BufferLimits = { rows: 20_000, bytes: 32_000_000, rowsPerWrite: 2_000, bytesPerWrite: 8_000_000 };
const MOST_CHANGES = 1_000;
const MOST_RELOADS = 1_000;
const RETRY_MS = 1_000;
/** D1 is out of reach, and nothing was tried. */
export const UNAVAILABLE = { kind: "storage_unavailable", retryAfterMs: RETRY_MS, untried: true } as const;

/** What a loop needs of the object that it runs in. */
interface Home {
  readonly tenantId: string;
  /** Takes the tenant's gate over; null: there is no such tenant. */
  readonly open: () => Promise<OpenGate | null>;
  readonly wakeBy: (time: number) => Promise<void>;
}

/**
 * All of a gate's writing: one write at a time, so that no two of its writes can disagree. Reconcile if that is due, then
 * one write of everything that has come in the meantime. Level-triggered: whatever changes something only has to start it.
 */
export class WriteLoop {
  readonly #home: Home;
  readonly #buffer = new CommitBuffer<EnqueueCall>(BUFFER);
  #changes: ChangeCall[] = [];
  #reloads: ((reply: ReloadReply) => void)[] = [];
  #gate: OpenGate | null = null;
  #reconcileDue = true;
  #looping: Promise<void> | null = null;
  /** D1 was out of reach: callers are turned away until then, and the next one after it tries again. */
  #downUntil = 0;
  /** A write's outcome is unknown: callers are turned away until D1 was read again. */
  #unresolved = false;

  constructor(home: Home) {
    this.#home = home;
  }

  /** The gate as it is, if it was opened. */
  get gate(): OpenGate | null {
    return this.#gate;
  }

  /** Nothing waits to be written, and no job holds a slot. */
  get isAtRest(): boolean {
    return this.#buffer.isEmpty && (this.#gate === null || this.#gate.lanes.held === 0);
  }

  /** It was not opened, and nobody opens it. */
  get isAsleep(): boolean {
    return this.#gate === null && this.#looping === null;
  }

  /** What waits to be written, and whether a call more has place. */
  buffered({ rows, bytes }: Pick<EnqueueCall, "rows" | "bytes">): {
    readonly fits: boolean;
    readonly rows: number;
    readonly most: number;
  } {
    return { fits: this.#buffer.fits(rows, bytes), rows: this.#buffer.rows, most: BUFFER.rows };
  }

  enqueue(call: EnqueueCall): void {
    this.#buffer.add(call);
    this.start();
  }

  change(call: ChangeCall): void {
    if (this.#changes.length >= MOST_CHANGES) return call.answer("storage_unavailable");
    this.#changes.push(call);
    this.start();
  }

  /** Reads the settings anew. @param answer is told what has come of it */
  reload(answer: (reply: ReloadReply) => void): void {
    if (this.#reloads.length >= MOST_RELOADS) return answer("storage_unavailable");
    this.#reloads.push(answer);
    if (this.#gate) this.#gate.settingsDue = true;
    this.reconcile();
  }

  /** Nothing of it is left to be used. */
  close(): void {
    this.#gate = null;
  }

  /** The gate, opened if it was not; or why there is none to be had. */
  async opened(): Promise<OpenGate | "unavailable" | "unknown_tenant"> {
    if (this.#gate && !this.#unresolved) return this.#gate;
    if (Date.now() < this.#downUntil) return "unavailable";
    if (this.#unresolved) {
      this.start();
      return "unavailable";
    }
    await this.#run();
    // One that has its place, and could not read what it is to go by, is of no use yet.
    if (this.#gate) return this.#unresolved ? "unavailable" : this.#gate;
    return this.#downUntil > Date.now() ? "unavailable" : "unknown_tenant";
  }

  /** Compares what it knows with D1, as soon as it can. */
  reconcile(): void {
    this.#reconcileDue = true;
    this.start();
  }

  /** Has it look for something to write. Whoever starts it so has no use for its failure. */
  start(): void {
    this.#run().catch((error: unknown) => {
      log.error("the gate could not set its alarm", { tenantId: this.#home.tenantId, error });
    });
  }

  /**
   * Compares what it knows with D1, and goes on until there is nothing left to do.
   * @throws when the alarm cannot be set: that of the platform which has brought this about is fired again
   */
  async catchUp(): Promise<void> {
    this.#reconcileDue = true;
    await this.#run();
  }

  #run(): Promise<void> {
    this.#looping ??= this.#loop();
    return this.#looping;
  }

  async #loop(): Promise<void> {
    // Never synchronously: `#looping` must be set before the loop can end.
    await Promise.resolve();
    try {
      for (let wokenBy = Number.POSITIVE_INFINITY; ; ) {
        while (this.#gate === null || this.#reconcileDue || this.#hasWrites()) {
          const gate = (this.#gate ??= await this.#open());
          if (gate === null) return this.#turnAway({ kind: "unknown_tenant" }, "unknown_tenant");
          await this.#turn(gate);
        }
        const { frozenUntil, lanes } = this.#gate;
        const wakeAt = frozenUntil === null ? lanes.releasableAt() : null;
        if (wakeAt === null || wakeAt >= wokenBy) return;
        await this.#home.wakeBy(wakeAt);
        // Something may have come meanwhile: looked for once more, as nobody else does while the loop runs.
        wokenBy = wakeAt;
      }
    } catch (error) {
      await this.#fallBack(error);
    } finally {
      this.#looping = null;
    }
  }

  async #turn(gate: OpenGate): Promise<void> {
    const reloads = this.#reloads.splice(0);
    let reply: ReloadReply = "storage_unavailable";
    try {
      if (this.#reconcileDue) {
        // Cleared before: an alarm or a poke that comes meanwhile asks for another one.
        this.#reconcileDue = false;
        if (await reconcile(gate)) this.#reconcileDue = true;
        this.#unresolved &&= gate.frozenUntil !== null;
      }
      if (this.#hasWrites()) await writeCycle(gate, this.#buffer.take(), this.#changes.splice(0));
      // While it is frozen nothing was read, or a write of before may still release what is paused now.
      if (gate.frozenUntil === null) reply = "done";
    } catch (error) {
      if (!isFenced(error) && !(error instanceof GateReplaced)) throw error;
      log.warn("the gate was replaced, or its write came too late: it starts anew", { tenantId: this.#home.tenantId });
      this.#gate = null;
    } finally {
      for (const answer of reloads) answer(reply);
    }
  }

  #hasWrites(): boolean {
    if (!this.#buffer.isEmpty || this.#changes.length > 0) return true;
    const gate = this.#gate;
    return (
      gate !== null && (gate.recall.length > 0 || (gate.frozenUntil === null && gate.lanes.canRelease(Date.now())))
    );
  }

  async #open(): Promise<OpenGate | null> {
    const gate = await this.#home.open();
    this.#reconcileDue = true;
    return gate;
  }

  // D1 could not be read or written: callers are turned away until it was read again.
  async #fallBack(error: unknown): Promise<void> {
    log.error("the gate cannot reach its database", { tenantId: this.#home.tenantId, error });
    this.#reconcileDue = true;
    this.#unresolved = this.#gate !== null;
    if (this.#gate) this.#gate.recountAt = 0;
    this.#downUntil = Date.now() + RETRY_MS;
    this.#turnAway(UNAVAILABLE, "storage_unavailable");
    await this.#home.wakeBy(Date.now() + RETRY_MS);
  }

  #turnAway(admission: Admission, changeReply: ReloadReply): void {
    for (const call of this.#buffer.takeAll()) call.answer(admission);
    for (const call of this.#changes.splice(0)) call.answer(changeReply);
    for (const answer of this.#reloads.splice(0)) answer(changeReply);
  }
}
