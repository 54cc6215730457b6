import type { D1Migration } from "cloudflare:test";
import type { SluiceEnv } from "../../src/env";

declare global {
  namespace Cloudflare {
    interface GlobalProps {
      mainModule: typeof import("./worker");
    }
    interface Env extends SluiceEnv {
      TEST_MIGRATIONS: D1Migration[];
    }
  }
}
