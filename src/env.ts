import type { GateRpc } from "./protocol/gate";
import type { QueueMessage } from "./protocol/queue-message";

/** The bindings that Sluice needs in a Worker's wrangler.toml. Settings are optional, see `config.ts`. */
export interface SluiceEnv {
  DB: D1Database;
  BLOBS: R2Bucket;
  GATES: DurableObjectNamespace<GateRpc & Rpc.DurableObjectBranded>;
  JOBS: Queue<QueueMessage>;
  ISOLATED: Queue<QueueMessage>;
}
