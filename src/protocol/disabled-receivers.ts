/** A receiver of callbacks to which nothing is sent any more, as its tenant sees it. Times are ISO 8601 in UTC. */
export interface DisabledReceiverView {
  readonly url: string;
  /** When it answered 410. */
  readonly disabledAt: string;
  /** The delivery that it answered so. */
  readonly jobId: string;
}

/** The latest first; at most 1,000. */
export interface DisabledReceiverList {
  readonly data: readonly DisabledReceiverView[];
}
