import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type ClientOptions, createClient, type Jobs } from "../../src/client/client.ts";
import type { handlers } from "../support/handlers.ts";
import { createTenant } from "../support/tenants.ts";

type Fetch = NonNullable<ClientOptions["fetch"]>;
const worker: Fetch = (request) => exports.default.fetch(request);

async function clientOf(fetch: Fetch = worker) {
  const { key } = await createTenant();
  const retry = { baseMs: 1, capMs: 5 };
  return createClient<Jobs<typeof handlers>>({ url: "https://sluice.test", key, fetch, retry });
}

/** Carries each request out, and loses its first answer. */
function losingAnswers(): Fetch {
  const sent = new Set<string>();
  return async (request) => {
    const { method, url } = request;
    const answer = await worker(request);
    if (sent.has(`${method} ${url}`)) return answer;
    sent.add(`${method} ${url}`);
    await answer.text();
    throw new TypeError("the connection was lost");
  };
}

const YEARLY = { cron: "0 0 1 1 *", type: "greet", payload: { name: "Ada" } } as const;

describe("schedules of the typed client", () => {
  it("are set, read, paused, resumed and deleted", async () => {
    const { schedules } = await clientOf();
    const made = await schedules.set("nightly", YEARLY);
    expect(made).toMatchObject({ name: "nightly", ...YEARLY, nextRuns: { length: 5 } });
    expect(await schedules.set("nightly", YEARLY)).toEqual(made);
    expect(await schedules.get("nightly")).toEqual(made);
    expect(await schedules.pause("nightly")).toMatchObject({ paused: true, nextRuns: [] });
    expect(await schedules.resume("nightly")).toMatchObject({ paused: false, nextRuns: made.nextRuns });
    await schedules.delete("nightly");
    await expect(schedules.get("nightly")).rejects.toMatchObject({ code: "schedule_not_found", status: 404 });
  });

  it("are listed to the last, however many there are", async () => {
    const { schedules } = await clientOf();
    const names = Array.from({ length: 103 }, (_, index) => `n${String(index).padStart(3, "0")}`);
    for (const name of names) await schedules.set(name, YEARLY);
    expect((await Array.fromAsync(schedules.list())).map(({ name }) => name)).toEqual(names);
  });

  it("run their job now, once, though the first answer was lost", async () => {
    const { schedules, jobs } = await clientOf(losingAnswers());
    await schedules.set("nightly", YEARLY);
    const { id } = await schedules.run("nightly");
    expect(await jobs.wait(id)).toMatchObject({ state: "succeeded", result: "hello Ada" });
    expect(await Array.fromAsync(jobs.list())).toHaveLength(1);
  });

  it("are deleted, though the first answer was lost, or there was none", async () => {
    const { schedules } = await clientOf(losingAnswers());
    await schedules.set("nightly", YEARLY);
    await schedules.delete("nightly");
    await schedules.delete("never-made");
    expect(await Array.fromAsync(schedules.list())).toEqual([]);
  });

  it("say what is wrong with them", async () => {
    const { schedules } = await clientOf();
    await expect(schedules.set("nightly", { ...YEARLY, cron: "* * *" })).rejects.toMatchObject({
      code: "invalid_request",
      errors: [{ pointer: "#/cron" }],
    });
  });

  it("have payloads of their types", async () => {
    const { schedules } = await clientOf();
    // @ts-expect-error: the payload is another type's
    await expect(schedules.set("nightly", { ...YEARLY, payload: { text: "x" } })).rejects.toThrow();
    // @ts-expect-error: there is no such type
    await expect(schedules.set("nightly", { ...YEARLY, type: "nobody" })).rejects.toThrow();
  });
});
