import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { newJobId } from "../../src/protocol/new-job-id.ts";
import { startReceiver } from "./support/receiver.ts";
import { jsonLines, sluice } from "./support/sluice.ts";

const { dir, url, keys } = inject("runtime");
const env = { SLUICE_URL: url, SLUICE_KEY: keys.enqueue };
let receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver.close());
const enqueue = (args, stdin = "") => sluice(["enqueue", "http.request", ...args], { cwd: dir, env, stdin });
const payload = (path) => JSON.stringify({ url: receiver.url(path) });
describe.concurrent("sluice enqueue", () => {
  it("says that the job is queued, and under which id", async () => {
    const { code, stdout, stderr } = await enqueue([payload("/ok")]);
    expect(stdout).toMatch(/^… [0-9a-f-]{36} {2}http\.request {2}queued\n$/);
    expect([code, stderr]).toEqual([0, ""]);
  });
  it("waits for the end, and shows all of the job", async () => {
    const { code, stdout, stderr } = await enqueue([payload("/ok"), "--wait"]);
    expect(stdout).toMatch(/^job {7}[0-9a-f-]{36}\ntype {6}http\.request\nstate {5}succeeded\n/);
    expect(stdout).toContain('"body": "thanks"');
    expect([code, stderr]).toEqual([0, ""]);
  });
  it("passes its options on, and answers with the whole job as JSON", async () => {
    const id = newJobId();
    const options = ["--id", id, "--queue", "mail", "--priority", "9", "--max-attempts", "2", "--wait", "20", "--json"];
    const { code, stdout } = await enqueue([payload("/ok"), ...options]);
    expect(jsonLines(stdout)).toEqual([
      expect.objectContaining({ id, queue: "mail", priority: 9, maxAttempts: 2, state: "succeeded" }),
    ]);
    expect(code).toBe(0);
  });
  it("makes one job of the same idempotency key", async () => {
    const once = () => enqueue([payload("/ok"), "--idempotency-key", "order-1", "--json"]);
    const ids = [await once(), await once()].map(({ stdout }) => jsonLines(stdout)[0]?.id);
    expect(ids[0]).toBe(ids[1]);
  });
  it("reads the payload from standard input", async () => {
    const { code, stdout } = await enqueue(["-", "--wait", "--json"], payload("/ok"));
    expect([code, jsonLines(stdout)[0]?.payload]).toEqual([0, { url: receiver.url("/ok") }]);
  });
  it("reads the payload from a file", async () => {
    const file = join(dir, "payload.json");
    await writeFile(file, payload("/ok"));
    const { code, stdout } = await enqueue([`@${file}`, "--wait", "--json"]);
    expect([code, jsonLines(stdout)[0]?.payload]).toEqual([0, { url: receiver.url("/ok") }]);
    await rm(file);
  });
  it("ends with 3 when the job that it waits for has failed, and shows each error", async () => {
    const { code, stdout } = await enqueue([payload("/fail"), "--max-attempts", "1", "--wait"]);
    expect(stdout).toMatch(
      /errors\n +# {2}AT +KIND +WHAT\n +1 {2}[\d:.]+Z {2}error {2}RetryError: .+ answered 500: out of order\n/,
    );
    expect(code).toBe(3);
  });
  it("ends with 4 when the job has not ended within the wait", async () => {
    const { code, stdout, stderr } = await enqueue([payload("/hold"), "--wait", "0.2", "--json"]);
    receiver.release();
    const [job] = jsonLines(stdout);
    expect(job?.finishedAt).toBeNull();
    expect(jsonLines(stderr)).toEqual([{ code: "unfinished", message: `job ${job?.id} is ${job?.state} after 0.2 s` }]);
    expect(code).toBe(4);
  });
  it("ends with 1 when the API refuses it, and tells each field", async () => {
    const { code, stdout, stderr } = await enqueue(['{"url":1,"method":"POST","more":1}']);
    expect(stderr.split("\n")).toEqual([
      expect.stringMatching(/^sluice: Invalid request \(invalid_request, request [0-9a-f-]{36}\)$/),
      expect.stringMatching(/^ {2}#\/payload\/url {2}.+ \(invalid_type\)$/),
      expect.stringMatching(/^ {2}#\/payload\/more {2}.+ \(unrecognized_keys\)$/),
      "",
    ]);
    expect([code, stdout]).toEqual([1, ""]);
  });
  it("tells an error as one JSON object with --json", async () => {
    const { code, stdout, stderr } = await sluice(["enqueue", "nope", "--json"], { cwd: dir, env });
    expect(jsonLines(stderr)).toEqual([
      {
        code: "unknown_type",
        message: expect.stringContaining("nope"),
        status: 422,
        requestId: expect.stringMatching(/./),
        errors: [{ pointer: "#/type", detail: expect.stringContaining("nope"), code: "unknown_type" }],
      },
    ]);
    expect([code, stdout]).toEqual([1, ""]);
  });
  it("ends with 2 when the payload is no JSON", async () => {
    const { code, stdout, stderr } = await enqueue(["{url:1}"]);
    expect([code, stdout, stderr]).toEqual([
      2,
      "",
      expect.stringMatching(/^sluice: the payload is no JSON .+ \(usage\)\n$/),
    ]);
  });
  it.each([["--wait=soon"], ["--prio=1"]])("ends with 2 for %s", async (option) => {
    const { code, stdout, stderr } = await enqueue(["{}", option]);
    expect([code, stdout, stderr]).toEqual([2, "", expect.stringMatching(/^sluice: .+ \(usage\)\n$/)]);
  });
});
