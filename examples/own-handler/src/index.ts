import { Hono } from "hono";
import { createSluice, type SluiceEnv } from "sluice";
import { handlers } from "./handlers";

export { TenantGate } from "sluice/gate";

const sluice = createSluice({ handlers });

const app = new Hono<{ Bindings: SluiceEnv }>();

/** A route of our own that puts work into the queue. */
app.post("/signup/:name", async (c) => {
  const job = await sluice.jobs(c.env, "demo").enqueue("greet", { name: c.req.param("name") });
  return c.json({ job: job.id }, 202);
});
app.route("/", sluice.app);

export default { fetch: app.fetch, queue: sluice.queue, scheduled: sluice.scheduled };
