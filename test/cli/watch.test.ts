import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { connectTo } from "../../src/cli/connection.ts";
import { followJob } from "../../src/cli/follow-job.ts";
import { followUnfinished } from "../../src/cli/follow-unfinished.ts";
import { type ClientOptions, createClient } from "../../src/client/client.ts";
import type { JobTypes } from "../../src/protocol/jobs-api.ts";
import { newJobId } from "../../src/protocol/new-job-id.ts";
import { SluiceError } from "../../src/protocol/sluice-error.ts";
import { type Receiver, startReceiver } from "./support/receiver.ts";
import { jsonLines, sluice, start } from "./support/sluice.ts";

const { dir, url, keys } = inject("runtime");
const { jobs } = createClient<JobTypes>({ url, key: keys.watch });
const surroundings = { cwd: dir, env: { SLUICE_URL: url, SLUICE_KEY: keys.watch } };
const run = (...args: string[]) => sluice(args, surroundings);
let receiver: Receiver;

beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver.close());

async function enqueue(path: "/ok" | "/fail", queue = "default"): Promise<string> {
  const { id } = await jobs.enqueue("http.request", { url: receiver.url(path) }, { maxAttempts: 1, queue });
  return id;
}

/** A job that runs until it is released. */
async function runningJob(): Promise<{ id: string; release: () => Promise<void> }> {
  const holding = await startReceiver();
  const { id } = await jobs.enqueue("http.request", { url: holding.url("/hold") });
  await holding.held();
  const release = async () => {
    holding.release();
    await jobs.wait(id);
    holding.close();
  };
  return { id, release };
}

describe("sluice watch with one id", () => {
  it("tells how far the job is, and then how it has ended", async () => {
    const holding = await startReceiver();
    const { id } = await jobs.enqueue("order", { lines: [], waitsFor: holding.url("/hold") }, { delay: "1h" });
    const watching = start(["watch", id], surroundings);
    await watching.printed("scheduled");
    await jobs.runNow(id);
    await watching.printed("running  25 %  counting lines");
    holding.release();
    const { code, stdout, stderr } = await watching.ended;
    expect(stdout).toMatch(new RegExp(`\\n✔ ${id}  order  succeeded  \\S.+\\n$`));
    expect([code, stderr]).toEqual([0, "1 succeeded\n"]);
    holding.close();
  });

  it("waits for the end where there are no events", async () => {
    const refusing: ClientOptions["fetch"] = async (request) =>
      request.url.endsWith("/events") ? new Response("no", { status: 404 }) : fetch(request);
    const client = createClient<JobTypes>({ url, key: keys.watch, fetch: refusing });
    const told: unknown[] = [];
    const job = await followJob(client, await enqueue("/ok"), 20, (event) => told.push(event));
    expect([job.state, told]).toEqual(["succeeded", []]);
  });
});

describe("sluice watch with ids", () => {
  it("prints a line for each job that ends, and ends with 0 when all have succeeded", async () => {
    const ids = [await enqueue("/ok"), await enqueue("/ok")];
    const { code, stdout, stderr } = await run("watch", ...ids);
    for (const id of ids) expect(stdout).toMatch(new RegExp(`^✔ ${id}  http\\.request  succeeded  `, "m"));
    expect([code, stderr]).toEqual([0, "2 succeeded\n"]);
  });

  it("ends with 3 when one of them has failed", async () => {
    const ids = [await enqueue("/ok"), await enqueue("/fail")];
    const { code, stdout } = await run("watch", ...ids, "--json");
    expect(jsonLines(stdout)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: ids[0], state: "succeeded" }),
        expect.objectContaining({ id: ids[1], state: "failed" }),
      ]),
    );
    expect(code).toBe(3);
  });

  it("ends with 1 at once when one is not known, whatever it waits for", async () => {
    const running = await runningJob();
    const { code, stderr } = await run("watch", running.id, newJobId());
    expect([code, stderr]).toEqual([1, expect.stringContaining("(job_not_found, request ")]);
    await running.release();
  });
});

describe("sluice watch, cancel and Ctrl-C while a job runs", () => {
  it("asks a job that runs to end, and it ends", async () => {
    const { id } = await runningJob();
    const asked = await run("cancel", id);
    expect(asked).toMatchObject({ code: 0, stdout: expect.stringContaining(`${id} `) });
    expect(asked.stdout).toContain("running");
    expect((await run("watch", id)).stdout).toContain("cancelled");
  });

  it("follows what is unfinished, cancels what has not started, and ends when nothing is left", async () => {
    const { id: running, release } = await runningJob();
    const waiting = await enqueue("/ok", "later");

    expect(await run("watch", running, "--timeout", "0.2")).toMatchObject({
      code: 4,
      stderr: "nothing has ended\nsluice: 1 job has not ended within 0.2 s (unfinished)\n",
    });
    const interrupted = start(["watch"], surroundings);
    await interrupted.printed(running);
    interrupted.kill("SIGINT");
    expect(await interrupted.ended).toMatchObject({ code: null, signal: "SIGINT", stderr: "" });

    const watching = start(["watch", "--json"], surroundings);
    await watching.printed(waiting);
    const cancelled = await run("cancel", waiting);
    expect(cancelled).toMatchObject({ code: 0, stdout: expect.stringMatching(`^✘ ${waiting} .+ cancelled\n$`) });
    expect(await run("cancel", waiting)).toMatchObject({ code: 1, stderr: expect.stringContaining("(job_finished, ") });
    await release();
    const { code, stdout } = await watching.ended;
    const seen = jsonLines<{ id: string; state: string }>(stdout);
    expect(seen.filter(({ id }) => id === waiting).map(({ state }) => state)).toEqual(["queued", "cancelled"]);
    expect(seen.filter(({ id }) => id === running).map(({ state }) => state)).toEqual(["running", "succeeded"]);
    expect(code).toBe(3);

    expect(await run("watch")).toMatchObject({ code: 0, stdout: "", stderr: "nothing has ended\n" });
  });
});

describe("the jobs that sluice watch follows without ids", () => {
  const connection = connectTo(url, keys.watch);

  it("are told of by live events: one that has come and gone in between, too, and each end once", async () => {
    const { id: late } = await jobs.enqueue("http.request", { url: receiver.url("/ok") }, { delay: "1h" });
    const seen: string[] = [];
    let quick = "";
    for await (const { id, state } of followUnfinished(connection, 30, () => {})) {
      seen.push(`${id} ${state}`);
      if (quick === "") {
        quick = await enqueue("/ok");
        await jobs.wait(quick);
      }
      if (id === quick && state === "succeeded") await jobs.cancel(late);
    }
    expect(seen).toEqual([`${late} scheduled`, `${quick} succeeded`, `${late} cancelled`]);
  });

  it("are looked at each second where events are refused", async () => {
    const { id, release } = await runningJob();
    const why: unknown[] = [];
    // oxlint-disable-next-line require-yield
    const events = async function* () {
      throw new SluiceError("overloaded", "too many streams", { status: 503 });
    };
    const states: string[] = [];
    for await (const job of followUnfinished({ ...connection, events }, 30, (error) => why.push(error))) {
      states.push(`${job.id} ${job.state}`);
      if (states.length === 1) await release();
    }
    expect(states).toEqual([`${id} running`, `${id} succeeded`]);
    expect(why).toEqual([expect.objectContaining({ code: "overloaded" })]);
  });
});
