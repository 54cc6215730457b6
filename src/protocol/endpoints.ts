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
