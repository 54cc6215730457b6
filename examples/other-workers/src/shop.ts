import type { Jobs, SluiceBinding } from "sluice/client";
import { createRunner, FatalError } from "sluice/runner";
import type { handlers } from "./handlers";

interface Env {
  SLUICE: SluiceBinding<Jobs<typeof handlers>>;
}

/** What the queue has this Worker run. */
export const Receipts = createRunner({
  run: ({ order, cents }: { order: string; cents: number }) => {
    if (cents < 0) throw new FatalError("nobody pays less than nothing");
    return `${order}: ${(cents / 100).toFixed(2)} €`;
  },
});

/** A shop that puts its work into the queue: `GET /?order=A-17&cents=1250`. */
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const payload = { order: searchParams.get("order") ?? "none", cents: Number(searchParams.get("cents")) };
    const { id } = await env.SLUICE.enqueue("receipt", payload);
    const { state, result, errors } = await env.SLUICE.wait(id, { timeout: 20 });
    return Response.json({ state, result, errors: errors.map(({ message }) => message) });
  },
};

/** What does not compile. */
export function mistakes({ SLUICE }: Env): unknown[] {
  return [
    // @ts-expect-error: there is no such type
    SLUICE.enqueue("receipts", { order: "A-17", cents: 1250 }),
    // @ts-expect-error: cents are a number
    SLUICE.enqueue("receipt", { order: "A-17", cents: "12.50" }),
  ];
}
