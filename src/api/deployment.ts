import type { Config } from "../config.ts";
import type { Registry } from "../domain/registry.ts";
import type { SluiceEnv } from "../env.ts";

/** What every call on jobs works with. */
export interface Deployment {
  readonly env: SluiceEnv;
  readonly config: Config;
  readonly registry: Registry;
}
