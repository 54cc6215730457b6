import { expect, vi } from "vitest";
import { apiOf } from "./api.ts";
import { gates, hold, starts } from "./handlers.ts";

export interface HeldJob {
  readonly id: string;
  readonly name: string;
  /** Lets the job go on, and resolves when it has ended. */
  readonly release: () => Promise<void>;
}

/** Enqueues a job that stops inside its handler, and resolves when it is there. */
export async function runHeldJob(tenant: { key: string }): Promise<HeldJob> {
  const api = apiOf(tenant);
  const name = crypto.randomUUID();
  const { resolve } = hold(name);
  const { body } = await api.post("/v1/jobs", { type: "held", payload: { name } });
  await vi.waitFor(() => expect(starts.get(name)).toBe(1), { timeout: 10_000, interval: 5 });
  const release = async () => {
    resolve();
    const ended = await api.get(`/v1/jobs/${body.id}?wait=10`);
    expect(ended.body.state).toBe("succeeded");
  };
  return { id: body.id, name, release };
}

/** Lets every held job go on: they would occupy the consumer for the tests that follow. */
export function releaseHeldJobs(): void {
  for (const gate of gates.values()) gate.resolve();
}
