import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { createClient } from "../../src/client/client.ts";
import { newJobId } from "../../src/protocol/new-job-id.ts";
import { disableReceiver } from "../../src/storage/disabled-receivers.ts";
import { request } from "../support/api.ts";
import { createTenant } from "../support/tenants.ts";

const JOB_ID = newJobId();

describe("a client's disabled receivers", () => {
  it("are listed, the latest first, and enabled again, which may be repeated", async () => {
    const { id, key } = await createTenant();
    const fetch = async (asked: Request) => {
      const { pathname, search } = new URL(asked.url);
      const { status, body } = await request(pathname + search, { method: asked.method, headers: asked.headers });
      return status === 204 ? new Response(null, { status }) : Response.json(body, { status });
    };
    const { disabledReceivers } = createClient({ url: "https://sluice.test", key, fetch });
    expect(await disabledReceivers.list()).toEqual([]);
    const urls = ["https://hooks.example.com/a?b=c&d=%20", "https://hooks.example.com/b"];
    for (const [disabledAt, url] of urls.entries())
      await disableReceiver(env.DB, id, { url, disabledAt, jobId: JOB_ID });
    expect((await disabledReceivers.list()).map(({ url }) => url)).toEqual(urls.toReversed());
    for (let time = 1; time <= 2; time++) await disabledReceivers.enable(urls[0]!);
    expect(await disabledReceivers.list()).toEqual([
      { url: urls[1], disabledAt: "1970-01-01T00:00:00.001Z", jobId: JOB_ID },
    ]);
  });
});
