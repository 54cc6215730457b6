import { rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { freePort } from "../../src/cli/port.ts";
import { createClient } from "../../src/client/client.ts";
import type { JobTypes } from "../../src/protocol/jobs-api.ts";
import { MENDED_ORDER, ORDER_HANDLER, workerProject } from "./support/project.ts";
import { jsonLines, sluice, start } from "./support/sluice.ts";

const { url, keys } = inject("runtime");
const { jobs, blobs } = createClient<JobTypes>({ url, key: keys.run });
const env = { SLUICE_URL: url, SLUICE_KEY: keys.run };
let dir: string;
let failed: string;

beforeAll(async () => {
  dir = await workerProject();
  const list = await blobs.put("one two three", { contentType: "text/plain" });
  ({ id: failed } = await jobs.enqueue("order", { lines: [], list: { blob: list.id } }, { maxAttempts: 1 }));
  await jobs.wait(failed);
});
afterAll(() => rm(dir, { recursive: true }));

/** Opens a WebSocket to a debugger's place, as an editor does. */
function attach(port: number): Promise<void> {
  const headers = {
    Connection: "Upgrade",
    Upgrade: "websocket",
    Origin: "http://localhost",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
  };
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, path: "/ws", headers })
      .on("upgrade", () => resolve())
      .on("response", ({ statusCode }) => reject(new Error(`answered ${statusCode}`)))
      .on("error", reject)
      .end();
  });
}

describe("sluice run --local", () => {
  it("waits for a debugger, and says where in the sources the handler has failed", async () => {
    const port = await freePort();
    const running = start(["run", failed, "--local", `--inspect-brk=${port}`], { cwd: dir, env });
    await running.printed("waiting for a debugger", "stderr");
    const targets = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as { webSocketDebuggerUrl: string }[];
    expect(targets.map(({ webSocketDebuggerUrl }) => webSocketDebuggerUrl)).toEqual([`ws://127.0.0.1:${port}/ws`]);
    await attach(port);
    const { code, stdout, stderr } = await running.ended;
    expect(stdout).toMatch(/ TypeError: more than 2 lines\n(.*\n)*stack\n {2}TypeError: more than 2 lines\n/);
    expect(stdout).toMatch(/\n +at counted \(src\/handlers\/order\.ts:17:31\)\n/);
    expect(stderr).toMatch(/nothing at http.+ changes; (.*\n)*lines: 3\n/);
    expect(code).toBe(1);
    expect(await jobs.get(failed)).toMatchObject({ state: "failed", attempt: 1 });
  });

  it("ends with 0 once the handler is mended, and leaves the job as it was", async () => {
    const before = await jobs.get(failed);
    await writeFile(join(dir, ORDER_HANDLER), MENDED_ORDER);
    const { code, stdout, stderr } = await sluice(["run", failed, "--local", "--json"], { cwd: dir, env });
    expect(jsonLines(stdout)).toMatchObject([{ id: failed, state: "succeeded", result: { counted: 3 } }]);
    expect([code, stderr]).toEqual([0, "lines: 3\n"]);
    expect(await jobs.get(failed)).toEqual(before);
  });

  it("runs nowhere else, and says so", async () => {
    const { code, stderr } = await sluice(["run", failed], { cwd: dir, env });
    expect([code, stderr]).toEqual([2, expect.stringContaining("'--local' not specified")]);
  });
});
