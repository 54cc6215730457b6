import { globSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { hashApiKey } from "../../src/cli/api-key.ts";
import { startFakeCloudflare } from "./support/fake-cloudflare.ts";
import { workerProject } from "./support/project.ts";
import { jsonLines, sluice } from "./support/sluice.ts";

const { dir, url } = inject("runtime");
/** All that a local state holds, as bytes. */
const stateFiles = (project: string) =>
  globSync(join(project, ".wrangler", "state", "v3", "**", "*.sqlite*")).map((file) => readFileSync(file));

const TENANTS = "SELECT id, name FROM tenants WHERE id = 'acme'";
const KEYS = "SELECT hash, name FROM api_keys WHERE tenant_id = 'acme' ORDER BY created_at";

describe.concurrent("sluice init --local", () => {
  it("makes a tenant and a key that works, once, and a further key only when it is asked to", async () => {
    const init = (...args: string[]) => sluice(["init", "--local", "--tenant", "acme", ...args], { cwd: dir });
    const name = "O'Neil; DROP TABLE jobs; --";

    const first = await init("--name", name, "--url", url);
    const key =
      /^✔ schema up to date · tenant acme · key (slk_acme_\S+) \(shown once\)\n/.exec(first.stdout)?.[1] ?? "";
    expect(first).toMatchObject({
      code: 0,
      stderr: "",
      stdout: expect.stringContaining(`✔ ${url} answers, and takes the key\n`),
    });

    const [again, further] = await Promise.all([init(), init("--new-key", "--json")]);
    const nothing = "tenant acme exists · it has a key, no other was made (--new-key makes one)";
    expect(again).toMatchObject({ code: 0, stdout: `✔ schema up to date · ${nothing}\n` });
    const [made] = jsonLines<{ key: string }>(further.stdout);
    expect(made).toEqual({ tenant: "acme", created: false, key: expect.stringMatching(/^slk_acme_/) });

    for (const works of [key, made?.key ?? ""]) {
      expect(await sluice(["jobs", "--url", url, "--key", works], { cwd: dir })).toMatchObject({ code: 0 });
    }
    const files = stateFiles(dir);
    for (const secret of [key, made?.key ?? ""]) {
      expect(files.some((bytes) => bytes.includes(hashApiKey(secret)))).toBe(true);
      expect(files.some((bytes) => bytes.includes(secret))).toBe(false);
    }
    expect(files.some((bytes) => bytes.includes(name))).toBe(true);
  });

  it("ends with 2 for what cannot be a tenant", async () => {
    const { code, stderr } = await sluice(["init", "--local", "--tenant", "Acme"], { cwd: dir });
    expect([code, stderr]).toEqual([2, expect.stringContaining("A tenant's id is 1 to 63 of a-z")]);
  });
});

describe.concurrent("sluice init", () => {
  it("makes the tables, the tenant and its key in the account's database, and another when the first was revoked", async () => {
    const project = await workerProject();
    const cloudflare = await startFakeCloudflare();
    const init = (tenant: string, ...args: string[]) =>
      sluice(["init", "--tenant", tenant, ...args], { cwd: project, env: cloudflare.env });
    const { code, stdout } = await init("acme", "--json");
    const [made] = jsonLines<{ key: string }>(stdout);
    expect([code, made]).toEqual([0, { tenant: "acme", created: true, key: expect.stringMatching(/^slk_acme_/) }]);
    expect(cloudflare.database.prepare(TENANTS).all()).toEqual([{ id: "acme", name: "acme" }]);
    expect(cloudflare.database.prepare(KEYS).all()).toEqual([{ hash: hashApiKey(made?.key ?? ""), name: "init" }]);

    cloudflare.database.exec("UPDATE api_keys SET revoked_at = 1");
    const [other, again] = await Promise.all([init("other"), init("acme", "--json")]);
    expect(other.stdout).toContain('openssl rand -base64 32)" | npx wrangler secret put SLUICE_SECRET_KEYS\n');
    const [another] = jsonLines<{ key: string | null }>(again.stdout);
    expect(another?.key).toMatch(/^slk_acme_/);

    cloudflare.database.exec("UPDATE api_keys SET revoked_at = 1; UPDATE tenants SET suspended_at = 1, deleted_at = 1");
    const refused = await init("acme", "--json");
    expect([refused.code, refused.stdout]).toEqual([1, ""]);
    expect(refused.stderr).toContain("tenant acme is being deleted");
    expect(cloudflare.database.prepare(KEYS).all()).toHaveLength(2);

    cloudflare.close();
    await rm(project, { recursive: true });
  });
});
