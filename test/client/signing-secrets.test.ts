import { describe, expect, it } from "vitest";
import { signingSecretsClient } from "../../src/client/signing-secrets.ts";
import { request } from "../support/api.ts";
import { createTenant } from "../support/tenants.ts";

/** The resource of a new tenant, over a network that carries each request out so many times before it answers. */
async function clientOf(times = 1) {
  const { key } = await createTenant();
  return signingSecretsClient(async (path, init) => {
    const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
    for (let lost = 1; lost < times; lost++) await request(path, { ...init, headers });
    const answer = await request(path, { ...init, headers });
    expect(answer.status).toBeLessThan(300);
    return answer.body;
  });
}

describe("a client's signing secrets", () => {
  it("are listed, newest first", async () => {
    const secrets = await clientOf();
    const [first] = await secrets.list();
    expect(first).toMatchObject({ secret: expect.stringMatching(/^whsec_/), expiresAt: null });
    const rotated = await secrets.rotate();
    expect(rotated).toMatchObject([{ expiresAt: null }, { id: first!.id, secret: first!.secret }]);
    expect(await secrets.list()).toEqual(rotated);
  });

  it("overlap for 24 hours, or for as long as the caller says", async () => {
    const secrets = await clientOf();
    await secrets.list();
    const overlap = async (given?: { overlap: "1h" }) => {
      const [fresh, old] = await secrets.rotate(given);
      return Date.parse(old!.expiresAt!) - Date.parse(fresh!.createdAt);
    };
    expect(await overlap()).toBe(86_400_000);
    expect(await overlap({ overlap: "1h" })).toBe(3_600_000);
    expect(await secrets.rotate({ overlap: 0 })).toHaveLength(1);
  });

  it("are rotated once, though the answers of the first tries were lost", async () => {
    const secrets = await clientOf(3);
    await secrets.list();
    expect(await secrets.rotate({ overlap: "1h" })).toHaveLength(2);
    expect(await secrets.rotate({ overlap: "1h" })).toHaveLength(3);
  });
});
