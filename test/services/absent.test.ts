import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { Account, clientOf, migrate } from "./support/runtime.ts";

const SOON = { timeout: 25_000, interval: 20 };

let account: Account;

beforeAll(async () => {
  account = await Account.open();
});

afterAll(async () => {
  await account?.remove();
});

it("keeps a job whose Worker is away, and runs it when that is back", async () => {
  const queue = await account.start(account.queue);
  try {
    await migrate(queue, [{ id: "acme" }]);
    const { jobs } = await clientOf(queue, "acme");
    const retry = { maxAttempts: 20, backoff: "fixed", base: "1h" } as const;
    const { id } = await jobs.enqueue("team.greet", { name: "Ada" }, { retry });
    await vi.waitFor(async () => expect(await jobs.get(id)).toMatchObject({ state: "retrying", attempt: 1 }), SOON);
    const team = await account.start(account.team);
    try {
      // One runtime learns of another after a while.
      await vi.waitFor(async () => {
        if ((await jobs.get(id)).state === "retrying") await jobs.runNow(id);
        const result = "hello Ada, says the team";
        expect(await jobs.wait(id, { timeout: 1 })).toMatchObject({ state: "succeeded", result });
      }, SOON);
    } finally {
      await team.dispose();
    }
  } finally {
    await queue.dispose();
  }
});
