/** A job on its way. Times in milliseconds. */
export interface SimulatedJob {
  readonly id: string;
  readonly tenant: number;
  readonly arrivedAt: number;
  /** How long it runs. */
  readonly runMs: number;
}

export interface Message {
  readonly jobs: readonly SimulatedJob[];
}
