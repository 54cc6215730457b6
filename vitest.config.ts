import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      // Pure code, in plain Node.
      {
        test: {
          name: "domain",
          include: ["test/domain/**/*.test.ts", "test/protocol/**/*.test.ts", "test/gate/pure/**/*.test.ts"],
        },
      },
      // In workerd, with real D1, Queues, Durable Objects and R2.
      {
        plugins: [
          cloudflareTest(async () => ({
            main: "./test/support/worker.ts",
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: {
                TEST_MIGRATIONS: await readD1Migrations("./migrations"),
                SLUICE_ALLOW_LOOPBACK: "127.0.0.1",
                SLUICE_WRITE_DEADLINE_MS: "1500",
              },
            },
          })),
        ],
        test: {
          name: "workers",
          include: ["test/**/*.test.ts"],
          exclude: ["test/domain/**", "test/protocol/**", "test/gate/pure/**", "test/e2e/**"],
          setupFiles: ["./test/support/apply-migrations.ts"],
          isolate: false,
          testTimeout: 20_000,
        },
      },
      // Against the whole local runtime, as a process of its own.
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
