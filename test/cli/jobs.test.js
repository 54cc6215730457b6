import { beforeAll, describe, expect, inject, it } from "vitest";
import { createClient } from "../../src/client/client.ts";
import { newJobId } from "../../src/protocol/new-job-id.ts";
import { startReceiver } from "./support/receiver.ts";
import { jsonLines, sluice, start } from "./support/sluice.ts";

const { dir, url, keys } = inject("runtime");
const { jobs } = createClient({ url, key: keys.jobs });
const surroundings = { cwd: dir, env: { SLUICE_URL: url, SLUICE_KEY: keys.jobs } };
const run = (...args) => sluice(args, surroundings);
const long = "x".repeat(1000);
let ok;
let failed;
beforeAll(async () => {
  const receiver = await startReceiver();
  const body = { lines: Array.from({ length: 40 }, (_, line) => line), long, escape: "\u001b[31mred\u009b" };
  ({ id: ok } = await jobs.enqueue("http.request", { url: receiver.url("/ok"), body }));
  ({ id: failed } = await jobs.enqueue(
    "http.request",
    { url: receiver.url("/fail") },
    { queue: "mail", maxAttempts: 1 },
  ));
  await Promise.all([jobs.wait(ok), jobs.wait(failed)]);
  receiver.close();
});
describe.concurrent("sluice jobs", () => {
  it("lists jobs in a table, newest first", async () => {
    const { code, stdout, stderr } = await run("jobs");
    const [head, first, second] = stdout.split("\n");
    expect(head).toMatch(/^JOB +TYPE +QUEUE +STATE +TRIES +AGE +RUN +LAST ERROR$/);
    expect(first).toMatch(new RegExp(`^${failed}  http\\.request  mail +failed +1/1 .+ answered 500: out of order$`));
    expect(second).toMatch(new RegExp(`^${ok}  http\\.request  default +succeeded +1/5 .+ ms$`));
    expect([code, stderr]).toEqual([0, "2 jobs\n"]);
  });
  it("prints no colours where there is no terminal, not even in a CI", async () => {
    expect((await run("jobs")).stdout).not.toContain("\u001b");
  });
  it("prints one JSON object to a line", async () => {
    const { stdout, stderr } = await run("jobs", "--json");
    expect(jsonLines(stdout).map(({ id }) => id)).toEqual([failed, ok]);
    expect(stderr).toBe("");
  });
  it.each([
    [["--state", "failed,cancelled"], "failed"],
    [["--queue", "mail"], "failed"],
    [["--state", "succeeded", "--type", "http.request"], "succeeded"],
    [["--limit", "1"], "failed"],
  ])("lists only what passes %s", async (options, state) => {
    const { stdout } = await run("jobs", ...options, "--json");
    expect(jsonLines(stdout).map((job) => job.state)).toEqual([state]);
  });
  it("ends quietly when nobody reads on", async () => {
    const running = start(["jobs", "--json"], surroundings);
    running.closeOutput();
    expect(await running.ended).toMatchObject({ code: 0, stderr: "" });
  });
  it("says when there are more", async () => {
    expect((await run("jobs", "--limit", "1")).stderr).toBe("1 job, and there are more (--limit)\n");
  });
  it("says so when there is none", async () => {
    const { code, stdout, stderr } = await run("jobs", "--type", "nope");
    expect([code, stdout, stderr]).toEqual([0, "", "no jobs\n"]);
  });
  it.each([["--limit=0"], ["--state=done"], ["--state="]])("ends with 2 for %s", async (option) => {
    expect((await run("jobs", option)).code).toBe(2);
  });
});
describe.concurrent("sluice job", () => {
  it("cuts what is long, and keeps control characters from the terminal", async () => {
    const { code, stdout } = await run("job", ok);
    expect(stdout).toMatch(/… \d+ more lines: --json has all/);
    expect(stdout).not.toContain("\u001b");
    expect(stdout).not.toContain("\u009b");
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThan(250);
    expect(code).toBe(0);
  });
  it("leaves nothing out with --json", async () => {
    const { stdout } = await run("job", ok, "--json");
    expect(jsonLines(stdout)).toEqual([await jobs.get(ok)]);
  });
  it("ends with 0 for a failed job that it only shows, and with 3 when it waits for it", async () => {
    expect((await run("job", failed)).code).toBe(0);
    expect((await run("job", failed, "--wait", "1")).code).toBe(3);
  });
  it("ends with 1 for an id that is not known", async () => {
    const { code, stderr } = await run("job", newJobId());
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^sluice: There is no job .+ \(job_not_found, request .+\)\n$/),
    ]);
  });
  it("ends with 2 without an id", async () => {
    expect(await run("job")).toMatchObject({ code: 2, stderr: "sluice: missing required argument 'id' (usage)\n" });
  });
});
