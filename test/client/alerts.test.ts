import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type ClientOptions, createClient } from "../../src/client/client.ts";
import { HOOK } from "../support/delivery.ts";
import { createTenant } from "../support/tenants.ts";

type Fetch = NonNullable<ClientOptions["fetch"]>;
const worker: Fetch = (request) => exports.default.fetch(request);

async function clientOf(fetch: Fetch = worker) {
  const { key } = await createTenant();
  return createClient({ url: "https://sluice.test", key, fetch, retry: { baseMs: 1, capMs: 5 } });
}

describe("alerts of the typed client", () => {
  it("are set, read, listed and deleted", async () => {
    const { alerts } = await clientOf();
    const late = await alerts.set("late", { measure: "oldest_due_age", threshold: "5m", url: HOOK });
    expect(late).toMatchObject({ name: "late", threshold: 300, state: "ok", window: null });
    await alerts.set("failing", { measure: "failure_ratio", threshold: 0.1, queue: "mail", window: "1m", url: HOOK });
    expect(await alerts.get("late")).toEqual(late);
    expect((await alerts.list()).map(({ name }) => name)).toEqual(["failing", "late"]);
    await alerts.delete("late");
    await expect(alerts.get("late")).rejects.toMatchObject({ name: "SluiceError", code: "alert_not_found" });
    await expect(alerts.delete("late")).resolves.toBeUndefined();
  });

  it("are deleted though the answer of the first try was lost", async () => {
    let lost = false;
    const { alerts } = await clientOf(async (request) => {
      const response = await worker(request);
      if (request.method !== "DELETE" || lost) return response;
      lost = true;
      throw new TypeError("the connection was lost");
    });
    await alerts.set("late", { measure: "oldest_due_age", threshold: 60, url: HOOK });
    await alerts.delete("late");
    expect([lost, await alerts.list()]).toEqual([true, []]);
  });

  it("tell what is wrong with them", async () => {
    const { alerts } = await clientOf();
    const refused = alerts.set("late", { measure: "oldest_due_age", threshold: 1, url: HOOK });
    await expect(refused).rejects.toMatchObject({ code: "invalid_request", errors: [{ pointer: "#/threshold" }] });
  });
});
