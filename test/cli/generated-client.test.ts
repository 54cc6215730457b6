import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { generateClient } from "./support/generate-client.ts";

const { url, keys } = inject("runtime");
const REPOSITORY = join(import.meta.dirname, "..", "..");
let directory: string;

const TSCONFIG = {
  compilerOptions: {
    target: "ESNext",
    module: "NodeNext",
    lib: ["ESNext", "DOM", "DOM.Iterable"],
    types: [],
    strict: true,
    skipLibCheck: true,
    outDir: "dist",
    rootDir: ".",
  },
  include: ["client", "smoke.ts"],
};

/** What a team might write with it: whatever is not as the document says does not compile. */
const SMOKE = `
import { client } from "./client/client.gen.js";
import { enqueueJob, getJob, listJobs } from "./client/index.js";
import type { Job, Problem } from "./client/index.js";

export async function smoke(baseUrl: string, auth: string) {
  client.setConfig({ baseUrl, auth });
  const payload = { csv: "shop,amount\\na,1\\na,2\\n", groupBy: ["shop"], aggregates: [{ op: "sum", column: "amount" }] };
  const body = { type: "report.csv", payload, delay: "0s", retry: { maxAttempts: 2 } };
  const enqueued = await enqueueJob({ body, query: { wait: 20 }, throwOnError: true });
  const job: Job = enqueued.data;
  const read = await getJob({ path: { id: job.id }, throwOnError: true });
  const listed = await listJobs({ query: { state: "succeeded", limit: 1 }, throwOnError: true });
  const { error } = await enqueueJob({ body: { type: "nope" } });
  const problem: Problem | undefined = error;
  const ids: string[] = listed.data.data.map(({ id }) => id);
  return { id: job.id, state: read.data.state, result: read.data.result, ids, code: problem?.code };
}
`;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "sluice-client-"));
  const response = await fetch(`${url}/openapi.json`);
  await generateClient((await response.json()) as object, join(directory, "client"));
  await writeFile(join(directory, "package.json"), '{"type":"module"}');
  await writeFile(join(directory, "tsconfig.json"), JSON.stringify(TSCONFIG));
  await writeFile(join(directory, "smoke.ts"), SMOKE);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe("a client that is generated from /openapi.json", () => {
  it("compiles, and does what it says", async () => {
    await compile();
    const { smoke } = (await import(join(directory, "dist", "smoke.js"))) as {
      smoke: (baseUrl: string, key: string) => Promise<{ id: string; ids: string[] }>;
    };
    const done = await smoke(url, keys.generated);
    expect(done).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      state: "succeeded",
      result: expect.objectContaining({ groups: [{ shop: "a", sum_amount: 3 }] }),
      ids: [done.id],
      code: "unknown_type",
    });
  });

  it("has a method for each operation", async () => {
    const sdk = await readFile(join(directory, "client", "sdk.gen.ts"), "utf8");
    for (const id of ["cancelJob", "putSchedule", "uploadBlob", "createTenantKey", "getHealth"]) {
      expect(sdk).toContain(`export const ${id} = `);
    }
  });
});

async function compile(): Promise<void> {
  const tsc = join(REPOSITORY, "node_modules", ".bin", "tsc");
  try {
    await promisify(execFile)(tsc, ["-p", directory]);
  } catch (error) {
    throw new Error(`The client does not compile:\n${(error as { stdout: string }).stdout}`, { cause: error });
  }
}
