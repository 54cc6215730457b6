import type { D1Migration } from "cloudflare:test";
import type { SluiceEnv } from "../../src/env.ts";

declare global {
  namespace Cloudflare {
    interface GlobalProps {
      mainModule: typeof import("./worker.ts");
    }
    interface Env extends Required<SluiceEnv> {
      TEST_MIGRATIONS: D1Migration[];
      SLUICE_ADMIN_TOKEN: string;
      COST_JOBS: string;
      FUZZ_RUNS: string;
      FUZZ_SEED: string;
    }
  }
}
