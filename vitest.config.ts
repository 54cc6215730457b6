import { availableParallelism } from "node:os";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { keepTemporaryFilesInMemory } from "./test/support/memory-disk.ts";

keepTemporaryFilesInMemory();

/** Most tests wait more than they compute. */
const MAX_WORKERS = Math.max(3, availableParallelism());

/** Pure code and documents. */
const IN_NODE = [
  "domain",
  "protocol",
  "gate/pure",
  "consumer/pure",
  "inbound/pure",
  "dashboard/pure",
  "docs",
  "bench",
].map((folder) => `test/${folder}/**/*.test.ts`);

/** In workerd, and too long for every run: behind `npm run test:faults`. */
const LONG = ["test/api/run-plan.test.ts", "test/handlers/image-codec.test.ts"];

/** In both, and there with more runs or jobs, as the environment says. */
const MORE_THERE = ["test/api/fuzz.test.ts", "test/cost/per-job.test.ts"];

function inWorkerd(name: string, include: string[], exclude: string[]): TestProjectInlineConfiguration {
  return {
    plugins: [
      cloudflareTest(async () => ({
        main: "./test/support/worker.ts",
        wrangler: { configPath: "./wrangler.toml" },
        miniflare: {
          bindings: {
            TEST_MIGRATIONS: await readD1Migrations("./migrations"),
            SLUICE_ADMIN_TOKEN: "the-operator-token-of-these-tests-0123456789",
            SLUICE_ALLOW_LOOPBACK: "127.0.0.1",
            SLUICE_WRITE_DEADLINE_MS: "1500",
            SLUICE_MAX_BLOB_BYTES: "2000000",
            COST_JOBS: process.env["SLUICE_COST_JOBS"] ?? "15",
            FUZZ_RUNS: process.env["SLUICE_FUZZ_RUNS"] ?? "15",
            FUZZ_SEED: process.env["SLUICE_SEED"] ?? "",
            SLUICE_SECRET_KEYS: "test:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
          },
          // Decodes pictures by other code than what is tested.
          images: { binding: "IMAGES" },
        },
      })),
    ],
    test: {
      name,
      include,
      exclude,
      setupFiles: ["./test/support/apply-migrations.ts", "./test/support/patience.ts"],
      isolate: false,
      testTimeout: 20_000,
    },
  };
}

export default defineConfig({
  test: {
    maxWorkers: MAX_WORKERS,
    reporters: ["default", "./test/support/logs/no-secrets-reporter.ts"],
    projects: [
      { test: { name: "domain", include: IN_NODE, isolate: false, testTimeout: 20_000 } },
      // The real gate, consumer and SQL on a simulated platform.
      {
        resolve: {
          alias: { "cloudflare:workers": new URL("./test/simulation/cloudflare-workers.ts", import.meta.url).pathname },
        },
        test: {
          name: "simulation",
          include: ["test/simulation/**/*.test.ts"],
        },
      },
      // In workerd, with real D1, Queues, Durable Objects and R2.
      inWorkerd(
        "workers",
        ["test/**/*.test.ts"],
        [...IN_NODE, ...LONG, "test/{cli,dashboard,e2e,services,simulation}/**"],
      ),
      inWorkerd("workers-long", [...LONG, ...MORE_THERE], []),
      // Several Workers of one account, bound to each other.
      {
        test: {
          name: "services",
          include: ["test/services/**/*.test.ts"],
          globalSetup: "./test/services/support/build.ts",
          isolate: false,
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      // The command line, as a process, against one local runtime that it has started itself.
      {
        test: {
          name: "cli",
          include: ["test/cli/**/*.test.ts"],
          globalSetup: "./test/cli/support/runtime.ts",
          isolate: false,
          // As long as a command of wrangler's may take.
          testTimeout: 300_000,
          hookTimeout: 30_000,
        },
      },
      // The dashboard in a real browser, on a whole local runtime.
      {
        test: {
          name: "dashboard",
          include: ["test/dashboard/*.test.ts"],
          globalSetup: "./test/dashboard/support/runtime.ts",
          testTimeout: 60_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      // Against the whole local runtime, as a process of its own.
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
