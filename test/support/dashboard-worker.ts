import { z } from "zod";
import { imageThumbnail } from "../../src/handlers/image-thumbnail.ts";
import { createSluice, defineHandler } from "../../src/sluice.ts";

export { TenantGate } from "../../src/gate/tenant-gate.ts";

const LONGEST_MS = 120_000;

/** Jobs as a team has them, that do as their payloads say. */
export default createSluice({
  handlers: [
    defineHandler({
      type: "mail.send",
      input: z.object({ to: z.string(), ms: z.int().min(0).max(LONGEST_MS).default(0) }),
      timeout: "3m",
      run: async ({ to, ms }, { signal }) => {
        await scheduler.wait(ms, { signal });
        return { sent: to, messageId: "m-1042" };
      },
    }),
    defineHandler({
      type: "crm.sync",
      input: z.object({ account: z.string(), status: z.int() }),
      retry: { maxAttempts: 2, base: "1ms", cap: "1ms" },
      run: ({ account, status }) => {
        if (status >= 400) throw new Error(`CRM answered ${status} for ${account}`);
        return { account };
      },
    }),
    defineHandler({
      type: "invoice.print",
      input: z.object({ number: z.int() }),
      retry: { base: "10m" },
      run: () => {
        throw new TypeError("the printer is out of paper");
      },
    }),
    defineHandler({
      type: "export.rows",
      input: z.object({ rows: z.int(), ms: z.int().min(0).max(LONGEST_MS).default(0) }),
      timeout: "3m",
      run: async ({ rows, ms }, { progress, signal }) => {
        progress(0.4, `${Math.round(rows * 0.4)} of ${rows} rows`);
        await scheduler.wait(ms, { signal });
        return { rows };
      },
    }),
    defineHandler({ type: "noop", input: z.unknown(), timeout: "10s", run: () => undefined }),
    imageThumbnail,
  ],
});
