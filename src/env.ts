import type { GateRpc } from "./protocol/gate.ts";
import type { QueueMessage } from "./protocol/queue-message.ts";

/** The bindings that Sluice needs in a Worker's wrangler.toml. Settings are optional, see `config.ts`. */
export interface SluiceEnv {
  DB: D1Database;
  BLOBS: R2Bucket;
  GATES: DurableObjectNamespace<GateRpc & Rpc.DurableObjectBranded>;
  JOBS: Queue<QueueMessage>;
  /** For tenants with few jobs in flight. Without it theirs go with everybody else's. */
  EXPRESS?: Queue<QueueMessage>;
  ISOLATED: Queue<QueueMessage>;
}
