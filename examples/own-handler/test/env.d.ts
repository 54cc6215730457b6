import type { D1Migration } from "cloudflare:test";
import type { SluiceEnv } from "sluice";

declare global {
  namespace Cloudflare {
    interface Env extends SluiceEnv {
      MIGRATIONS: D1Migration[];
    }
  }
}
