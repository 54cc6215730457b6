import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, inject, it, vi } from "vitest";
import { readOperatorToken } from "../../src/cli/local-keys.ts";
import { createClient } from "../../src/client/client.ts";
import type { JobTypes } from "../../src/protocol/jobs-api.ts";
import { inProcess } from "./support/in-process.ts";
import { startReceiver } from "./support/receiver.ts";
import { jsonLines } from "./support/sluice.ts";

const { dir, url, keys } = inject("runtime");
const { jobs } = createClient<JobTypes>({ url, key: keys.resources });
let token: string;

beforeAll(async () => {
  token = (await readOperatorToken(join(dir, ".wrangler", "state"))) ?? "";
});

const run = (...args: string[]) => inProcess([...args, "--url", url, "--key", keys.resources]);
const operate = (...args: string[]) => inProcess([...args, "--url", url, "--token", token]);
const json = async (...args: string[]) => {
  const { code, stdout, stderr } = await run(...args, "--json");
  expect([code, stderr]).toEqual([0, ""]);
  return jsonLines(stdout);
};

describe("sluice queues", () => {
  it("limits a queue, shows it, pauses it and lets it go on", async () => {
    expect(await run("queues", "list")).toEqual({ code: 0, stdout: "", stderr: "no queues\n" });
    const set = await run("queues", "set", "mail/*", "--concurrency", "5", "--rate", "100/1m");
    expect(set).toMatchObject({ code: 0, stderr: "" });
    expect(set.stdout).toMatch(/^queue +mail\/\*\nconcurrency +5\nrate +100 per 1 min\nstate +active\ncreated .+\n/);
    expect((await run("queues", "pause", "mail/*")).stdout).toMatch(/state +paused/);
    const { stdout, stderr } = await run("queues", "list");
    expect(stdout).toMatch(/^QUEUE +CONCURRENCY +RATE +STATE\nmail\/\* +5 {2}100 per 1 min {2}paused\n$/);
    expect(stderr).toBe("1 queue\n");
    expect(await json("queues", "resume", "mail/*")).toMatchObject([{ name: "mail/*", paused: false, concurrency: 5 }]);
  });

  it.each([["100"], ["100/soon"], ["many/1m"]])("does not take the rate %s", async (rate) => {
    expect(await run("queues", "set", "mail", "--rate", rate)).toMatchObject({ code: 2, stdout: "" });
  });
});

describe("sluice schedules", () => {
  it("makes a schedule, shows it, pauses it, and runs its job now", async () => {
    const payload = join(dir, "nightly.json");
    await writeFile(payload, '{"url":"https://example.com/"}');
    const create = ["schedules", "create", "nightly", "--cron", "0 3 1 1 *", "--timezone", "Europe/Berlin"];
    const made = await run(...create, "--type", "http.request", "--payload", `@${payload}`);
    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect(made.stdout).toMatch(/^schedule +nightly\ncron +0 3 1 1 \*\ntimezone +Europe\/Berlin\n/);
    expect(made.stdout).toMatch(/next run +\d{4}-01-01 02:00:00Z\n/);
    expect((await run("schedules", "get", "nightly")).stdout).toContain('{"url":"https://example.com/"}');
    expect((await run("schedules", "pause", "nightly")).stdout).toMatch(/state +paused\n/);
    expect((await run("schedules", "list")).stdout).toMatch(/^SCHEDULE .+\nnightly .+ paused *\n$/);
    expect(await json("schedules", "resume", "nightly")).toMatchObject([{ name: "nightly", paused: false }]);
    expect((await run("schedules", "run", "nightly")).stdout).toMatch(/^… [0-9a-f-]{36} {2}http\.request {2}queued\n$/);
    await rm(payload);
  });

  it("takes what follows on its jobs", async () => {
    const create = ["schedules", "set", "followed", "--cron", "0 3 1 1 *", "--type", "http.request"];
    const step = { type: "http.request", payload: { url: "https://example.com/" } };
    const payload = ["--payload", JSON.stringify(step.payload)];
    const flow = ["--then", JSON.stringify([step, { ...step, queue: "mail" }]), "--on-failure", JSON.stringify(step)];
    const made = await run(...create, ...payload, ...flow);
    expect(made.stdout).toMatch(
      /\nthen +http\.request in default, then http\.request in mail\non failure +http\.request in default\n/,
    );
    const twice = await run(...create, "--payload", "-", "--then", "-");
    expect(twice).toMatchObject({ code: 2, stderr: expect.stringContaining("only one of --payload, --then") });
    await run("schedules", "delete", "followed", "--yes");
  });

  it("says which field the API refuses, and which option is missing", async () => {
    const wrong = await run("schedules", "create", "bad", "--cron", "61 * * * *", "--type", "http.request");
    expect(wrong).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(/\n {2}#\/cron {2}/) });
    const missing = await run("schedules", "create", "bad", "--type", "http.request");
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining("'--cron <expression>' not specified") });
  });
});

describe("what takes something away", () => {
  it("needs --yes where nobody can be asked, and does nothing without it", async () => {
    await run("queues", "set", "kept", "--paused");
    const refused = await run("queues", "delete", "kept");
    expect(refused).toEqual({ code: 2, stdout: "", stderr: expect.stringContaining("give --yes (usage)") });
    expect(await json("queues", "get", "kept")).toHaveLength(1);
  });

  it("takes several, each once", async () => {
    for (const name of ["a", "b"]) await run("queues", "set", name, "--paused");
    const { code, stdout } = await run("queues", "delete", "a", "b", "a", "--yes");
    expect([code, stdout]).toEqual([0, "✔ queue a deleted\n✔ queue b deleted\n"]);
    await run("queues", "set", "c", "--paused");
    expect(await json("queues", "delete", "c", "--yes")).toEqual([{ name: "c", deleted: true }]);
  });

  it("does not even begin when one of the names is mistyped", async () => {
    await run("queues", "set", "here", "--paused");
    const { code, stdout, stderr } = await run("queues", "delete", "here", "there", "--yes");
    expect([code, stdout, stderr]).toEqual([1, "", expect.stringContaining("queue_not_found")]);
    expect(await json("queues", "get", "here")).toHaveLength(1);
  });
});

describe("sluice endpoints", () => {
  it("makes one with a secret from a file, never shows that, rotates it, and lists what it has refused", async () => {
    const file = join(dir, "secret");
    await writeFile(file, "it's a secret to everybody\n");
    const secret = ["--secret", `@${file}`];
    const made = await run(
      "endpoints",
      "create",
      "github",
      "--provider",
      "github",
      "--type",
      "http.request",
      ...secret,
    );
    expect(made.stdout).toMatch(/^endpoint +github\nprovider +github\ntype +http\.request\nstate +active\nurl +http/);
    expect(made.stdout).not.toContain("everybody");
    const rotated = await run("endpoints", "rotate", "github", ...secret, "--overlap", "1h");
    expect(rotated).toMatchObject({ code: 0, stdout: expect.stringMatching(/^endpoint +github\n/) });
    const [endpoint] = await json("endpoints", "get", "github");
    await fetch(String(endpoint?.url), { method: "POST", body: "{}" });
    expect((await run("endpoints", "rejections", "github")).stdout).toMatch(/^AT +COUNT +CAUSE .+\n\d{4}-.+ 1 {2}\w+/);
    expect((await run("endpoints", "delete", "github", "--yes")).stdout).toBe("✔ endpoint github deleted\n");
    expect((await run("endpoints", "list")).stderr).toBe("no endpoints\n");
    await rm(file);
  });
});

describe("sluice alerts", () => {
  const tell = (...args: string[]) => run("alerts", ...args, "--to", "https://example.com/hook");

  it("makes one of each measure, lists them, changes one and deletes them", async () => {
    const late = await tell("set", "late", "--measure", "oldest_due_age", "--threshold", "90m", "--queue", "mail");
    expect(late).toMatchObject({ code: 0, stderr: "" });
    expect(late.stdout).toMatch(
      /^alert +late\nmeasure +oldest_due_age\nqueue +mail\nthreshold +1 h 30 min\nstate +ok\nvalue +–\nsince /,
    );
    const ratio = ["create", "fails", "--measure", "failure_ratio", "--window", "10m", "--min-events", "20"];
    const fails = await tell(...ratio, "--threshold", "12.5%");
    expect(fails.stdout).toMatch(
      /threshold +12\.5 %\n(.*\n)*window +10 min\nmin events +20\nurl +https:\/\/example.com\/hook/,
    );
    await tell(...ratio, "--threshold", "0.5");
    const { stdout, stderr } = await run("alerts", "list");
    expect(stdout).toMatch(
      /^ALERT +MEASURE .+\nfails +failure_ratio +all +50 % {2}ok +– .+\nlate +oldest_due_age +mail +1 h 30 min {2}ok +– .+\n$/,
    );
    expect(stderr).toBe("2 alerts\n");
    expect(await json("alerts", "get", "late")).toMatchObject([{ name: "late", threshold: 5_400, state: "ok" }]);
    expect(await run("alerts", "delete", "late")).toMatchObject({ code: 2, stdout: "" });
    const { stdout: gone } = await run("alerts", "delete", "late", "fails", "--yes");
    expect(gone).toBe("✔ alert late deleted\n✔ alert fails deleted\n");
    expect((await run("alerts", "list")).stderr).toBe("no alerts\n");
  });

  it.each([
    [2, "'--threshold <value>' not specified", ["--measure", "failure_ratio"]],
    [2, "Allowed choices are oldest_due_age", ["--measure", "luck", "--threshold", "1"]],
    [2, '"0.1" or "10%" for a ratio', ["--measure", "failure_ratio", "--threshold", "much"]],
    [1, "#/threshold", ["--measure", "failure_ratio", "--threshold", "110%"]],
    [1, "#/window", ["--measure", "oldest_due_age", "--threshold", "1m", "--window", "5m"]],
  ])("ends with %d for what is wrong: %s", async (code, says, args) => {
    expect(await tell("set", "bad", ...args)).toMatchObject({
      code,
      stdout: "",
      stderr: expect.stringContaining(says),
    });
  });
});

describe("sluice groups", () => {
  it("lists the newest, by their state, shows one and its jobs, and stops it", async () => {
    const batch = [1, 2].map((n) => ({ type: "http.request", payload: { url: `${url}/${n}` }, delay: "1d" }) as const);
    const onComplete = { type: "http.request", payload: { url: `${url}/done` } };
    const [one] = await jobs.enqueueMany(batch, { group: { name: "import", onComplete } });
    const [two] = await jobs.enqueueMany(batch, { group: {} });
    const [first, second] = [String(one?.groupId), String(two?.groupId)];
    const { stdout, stderr } = await run("groups", "list");
    expect(stdout).toMatch(new RegExp(`^GROUP .+\\n${second} .+\\n${first} {2}import {2}open +2 +2 +0 +0 +0 .+\\n$`));
    expect(stderr).toBe("2 groups\n");
    expect(await json("groups", "list", "--limit", "1")).toMatchObject([{ id: second }]);
    expect((await run("groups", "get", first)).stdout).toMatch(
      /\non failure +continue\nthen +http\.request in default\n$/,
    );
    expect((await json("jobs", "--group", first)).map(({ groupId }) => groupId)).toEqual([first, first]);

    expect(await run("groups", "cancel", first)).toMatchObject({ code: 2, stdout: "" });
    expect(await run("groups", "cancel", first, "--yes")).toMatchObject({ stdout: `✔ group ${first} stopped\n` });
    await vi.waitFor(async () => expect(await json("groups", "list", "--state", "complete")).toHaveLength(1), 10_000);
    expect(await json("groups", "list", "--state", "open,stopped")).toMatchObject([{ id: second }]);
    const again = await run("groups", "cancel", first, "--yes");
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining("group_complete") });
    await run("groups", "cancel", second, "--yes");
  });

  it("takes no state that there is not", async () => {
    const { code, stderr } = await run("groups", "list", "--state", "open,ended");
    expect([code, stderr]).toEqual([2, expect.stringContaining("There are open, stopped, complete.")]);
  });
});

describe("sluice keys", () => {
  it("shows a new key once, and says so", async () => {
    const made = await run("keys", "create", "--name", "shop", "--scopes", "jobs:read", "--expires-in", "90d");
    expect(made.stdout).toMatch(/\nkey +slk_resources_\S+\n$/);
    expect([made.code, made.stderr]).toEqual([0, "The key is shown this once: keep it now.\n"]);
    const listed = await run("keys", "list");
    expect(listed.stdout).toMatch(/\n[0-9a-f-]{36} {2}shop +….{4} +jobs:read +any +ends \d{4}-/);
    expect(listed.stdout).not.toContain("slk_");
  });

  it("rotates and revokes", async () => {
    const [made] = await json("keys", "create", "--name", "old", "--scopes", "jobs:read,jobs:write");
    const [next] = await json("keys", "rotate", String(made?.id), "--overlap", "0");
    expect(next).toMatchObject({ name: "old", key: expect.stringMatching(/^slk_/) });
    expect((await run("keys", "revoke", String(next?.id), "--yes")).code).toBe(0);
    const states = (await json("keys", "list")).filter(({ name }) => name === "old").map(({ revokedAt }) => revokedAt);
    expect(states).toEqual([expect.any(String), expect.any(String)]);
    expect(await run("keys", "revoke", "nobody", "--yes")).toMatchObject({
      code: 1,
      stderr: "sluice: there is no key nobody: `sluice keys list` shows all (key_not_found)\n",
    });
  });
});

describe("sluice tenants", () => {
  it("are for the operator: made, given a key, changed, suspended, resumed and deleted", async () => {
    const made = await operate("tenants", "create", "hooli", "--name", "Hooli", "--rate", "50");
    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect(made.stdout).toMatch(/^tenant +hooli\nname +Hooli\nstate +active\nrate +50\*\nburst +2000\n/);
    const key = await operate(
      "keys",
      "create",
      "--tenant",
      "hooli",
      "--name",
      "first",
      "--scopes",
      "jobs:read",
      "--json",
    );
    expect(jsonLines(key.stdout)).toMatchObject([{ name: "first", key: expect.stringMatching(/^slk_hooli_/) }]);
    const changed = await operate("tenants", "update", "hooli", "--rate", "default", "--concurrency", "7");
    expect(changed.stdout).toMatch(/rate +1000\n(.*\n)*concurrency +7\*\n/);
    expect((await operate("tenants", "suspend", "hooli", "--yes")).stdout).toBe("✔ tenant hooli suspended\n");
    expect((await operate("tenants", "resume", "hooli")).stdout).toMatch(/state +active\n/);
    expect((await operate("tenants", "delete", "hooli", "--yes")).stdout).toBe("✔ tenant hooli deleted\n");
    expect((await operate("tenants", "list")).stdout).toMatch(/\nhooli +Hooli +deleted /);
  });

  it("are not changed into nothing, and are nobody else's", async () => {
    expect(await operate("tenants", "update", "demo")).toMatchObject({ code: 2, stdout: "" });
    const { code, stderr } = await inProcess(["tenants", "list", "--url", url, "--token", "x"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("(unauthorized, ")]);
    const none = await inProcess(["tenants", "list", "--url", "https://sluice.example"]);
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining("set SLUICE_ADMIN_TOKEN or give --token") });
  });
});

describe("sluice replays", () => {
  it("counts what a filter matches, and replays it once somebody has said yes", async () => {
    const receiver = await startReceiver();
    const failing = Array.from({ length: 3 }, () =>
      jobs.enqueue("http.request", { url: receiver.url("/fail") }, { queue: "sad", maxAttempts: 1 }),
    );
    for (const { id } of await Promise.all(failing)) await jobs.wait(id);
    const filter = ["--queue", "sad", "--created-after", "1h"];
    const planned = await run("replays", "plan", ...filter);
    expect(planned.stdout).toMatch(/state +planned\njobs +3 jobs\n(.*\n)*\nthe first 3\nJOB +TYPE/);

    expect(await run("replays", "run", ...filter)).toMatchObject({ code: 2, stdout: "" });
    const ran = await run("replays", "run", ...filter, "--yes", "--wait");
    expect(ran).toMatchObject({ code: 0, stderr: expect.stringMatching(/\njobs +3 jobs\n/) });
    expect(ran.stdout).toMatch(/state +finished\njobs +3 jobs\ndone +3\n/);
    expect(await json("replays", "list")).toHaveLength(2);
    receiver.close();
  });

  it("says so when nothing matches, and leaves no plan behind", async () => {
    const { code, stderr } = await run("cancellations", "run", "--queue", "nobody", "--yes");
    expect([code, stderr]).toEqual([1, "sluice: no job matches: there is nothing to cancel (no_match)\n"]);
    expect(await json("cancellations", "list")).toMatchObject([{ state: "cancelled" }]);
  });

  it("are of one job too", async () => {
    // The newest of all may be a replay that has not ended yet.
    const [first] = await json("jobs", "--queue", "sad", "--state", "failed", "--limit", "1");
    expect((await run("replay", String(first?.id))).stdout).toMatch(/^… [0-9a-f-]{36} {2}http\.request {2}queued\n$/);
  });
});

describe("what else there is", () => {
  it("uploads a blob and downloads it again", async () => {
    const [file, copy] = [join(dir, "a.txt"), join(dir, "b.txt")];
    await writeFile(file, "hello");
    const [blob] = await json("blobs", "put", file, "--type", "text/plain");
    expect(blob).toMatchObject({ contentType: "text/plain", bytes: 5 });
    const { stdout } = await run("blobs", "get", String(blob?.id), "--out", copy);
    expect(stdout).toBe(`5 bytes of text/plain in ${copy}\n`);
    await Promise.all([rm(file), rm(copy)]);
  });

  it("says whether jobs flow", async () => {
    const { code, stdout } = await run("stats", "--queue", "sad");
    expect(code).toBe(0);
    expect(stdout).toMatch(/\nQUEUE +IN +OUT .+\nsad +\d/);
  });

  it("shows signing secrets, and who is disabled", async () => {
    expect((await run("signing-secrets", "list")).stdout).toMatch(/\nwhsec_\S+ +whpk_/);
    expect(await json("signing-secrets", "rotate", "--overlap", "0")).toHaveLength(1);
    expect((await run("disabled-receivers", "list")).stderr).toBe("no disabled receivers\n");
  });
});
