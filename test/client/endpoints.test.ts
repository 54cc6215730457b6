import { exports } from "cloudflare:workers";
import { expect, it } from "vitest";
import { createClient } from "../../src/client/client.ts";
import { createTenant } from "../support/tenants.ts";

async function newClient() {
  const { key } = await createTenant();
  return createClient({ url: "https://sluice.test", key, fetch: (request) => exports.default.fetch(request) });
}

it("sets, reads, rotates, lists and deletes endpoints", async () => {
  const { endpoints } = await newClient();
  const set = await endpoints.set("github", { provider: "github", secret: "a secret", type: "echo" });
  expect(set.url).toBe(`https://sluice.test/in/${set.id}`);
  expect(await endpoints.get("github")).toEqual(set);
  const rotated = await endpoints.rotate("github", { secret: "another one", overlap: "1h" });
  expect(rotated.previousSecretUntil).not.toBeNull();
  expect((await endpoints.list()).map(({ name }) => name)).toEqual(["github"]);
  expect(await endpoints.rejections("github")).toEqual([]);
  await endpoints.delete("github");
  await expect(endpoints.get("github")).rejects.toMatchObject({ code: "endpoint_not_found" });
  await expect(endpoints.delete("github")).resolves.toBeUndefined();
});
