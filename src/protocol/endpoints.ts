import type { Duration } from "../domain/duration.ts";

/** What a caller sends to make an endpoint, or to replace what it is set to. */
export interface EndpointRequest {
  /** The name of a preset, as `github`. Either this or `scheme`. */
  readonly provider?: string;
  /** How the webhooks of any other provider are verified and read: see docs/webhooks.md. */
  readonly scheme?: object;
  /** What the provider signs with. Left out, an endpoint keeps the secret that it has. */
  readonly secret?: string;
  /** The type of the jobs. */
  readonly type: string;
  readonly queue?: string;
  readonly priority?: number;
  /** Names and beginnings (`invoice.*`) of the events that become jobs. Default: all. */
  readonly events?: readonly string[];
  /** Answers 404 to its provider. Default false. */
  readonly disabled?: boolean;
}

/** What a caller sends to give an endpoint a new secret. */
export interface RotateEndpointRequest {
  readonly secret: string;
  /** How long the secret so far stays valid. Default 24 hours. */
  readonly overlap?: Duration;
}

/** An endpoint as its tenant sees it: without its secrets. Times are ISO 8601 in UTC. */
export interface EndpointView {
  readonly name: string;
  readonly id: string;
  /** What the provider is to call. */
  readonly url: string;
  readonly provider: string | null;
  readonly scheme: object | null;
  readonly type: string;
  readonly queue: string;
  readonly priority: number;
  readonly events: readonly string[];
  readonly disabled: boolean;
  /** While a secret is rotated: the one before is valid until then. */
  readonly previousSecretUntil: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** By name. */
export interface EndpointList {
  readonly data: readonly EndpointView[];
}

/** Webhooks that an endpoint has refused. */
export interface RejectionView {
  readonly at: string;
  /** Stable. */
  readonly cause: string;
  readonly detail: string | null;
  readonly userAgent: string | null;
  /** How many it stands for: of a flood not each is written. */
  readonly count: number;
}

/** The newest first. */
export interface RejectionList {
  readonly data: readonly RejectionView[];
}
