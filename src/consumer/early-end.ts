/** The end of an attempt before it ends by itself: its time is up, or it is not to go on. The first reason counts. */
export class EarlyEnd {
  readonly #told = Promise.withResolvers<null>();
  #isTold = false;
  #reason: unknown;
  #abort: AbortController | null = null;

  /** Resolves when it has come. */
  get told(): Promise<null> {
    return this.#told.promise;
  }

  get isTold(): boolean {
    return this.#isTold;
  }

  get reason(): unknown {
    return this.#reason;
  }

  /** For the handler. Made when it asks: most do not, and a signal is among the dearest things of an attempt. */
  get signal(): AbortSignal {
    if (this.#abort === null) {
      this.#abort = new AbortController();
      if (this.#isTold) this.#abort.abort(this.#reason);
    }
    return this.#abort.signal;
  }

  end(reason: unknown): void {
    if (this.#isTold) return;
    this.#isTold = true;
    this.#reason = reason;
    this.#abort?.abort(reason);
    this.#told.resolve(null);
  }
}
