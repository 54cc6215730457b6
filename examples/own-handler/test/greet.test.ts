import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { createSluice } from "sluice";
import { drain, runHandler } from "sluice/testing";
import { beforeAll, expect, it } from "vitest";
import { handlers } from "../src/handlers";
import { greet } from "../src/handlers/greet";

const { jobs } = createSluice({ handlers });

beforeAll(async () => {
  await applyD1Migrations(env.DB, env.MIGRATIONS);
  await env.DB.prepare("INSERT INTO tenants (id, name, created_at) VALUES ('demo', 'demo', 0)").run();
});

it("greets", async () => {
  expect(await runHandler(greet, { name: "Ada" })).toEqual({ kind: "succeeded", result: "hello Ada" });
});

it("greets everybody who is in the queue", async () => {
  const names = ["Ada", "Grace", "Barbara"];
  await jobs(env, "demo").enqueueMany(names.map((name) => ({ type: "greet", payload: { name } })));
  const done = await drain(env, "demo");
  expect(done.map(({ result }) => result)).toEqual(["hello Ada", "hello Grace", "hello Barbara"]);
});
