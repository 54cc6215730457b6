import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { callGate } from "../../src/api/gate-client.ts";
import type { ChangeReply } from "../../src/protocol/gate.ts";
import { SluiceError } from "../../src/protocol/sluice-error.ts";

const platformError = (properties: object = {}) => Object.assign(new Error("the object was reset"), properties);

/** Calls a gate that answers, in turn, what is given; never, when nothing is left. */
function calling(...replies: (ChangeReply | Error)[]) {
  const change = async () => {
    const reply = replies.shift();
    if (reply instanceof Error) throw reply;
    return reply ?? new Promise<ChangeReply>(() => undefined);
  };
  const getByName = vi.fn<(tenantId: string) => object>(() => ({ change }));
  const answer = callGate(
    { ...env, GATES: { getByName } as never },
    "acme",
    (gate) => gate.change("cancel", "job"),
    50,
  );
  return { answer, getByName };
}

describe("callGate", () => {
  it("calls the tenant's gate", async () => {
    const { answer, getByName } = calling("done");
    expect(await answer).toBe("done");
    expect(getByName).toHaveBeenCalledExactlyOnceWith("acme");
  });

  it("tries once more, with a new stub, when the platform says that this may help", async () => {
    const { answer, getByName } = calling(platformError({ retryable: true }), "done");
    expect(await answer).toBe("done");
    expect(getByName).toHaveBeenCalledTimes(2);
  });

  it.each([
    ["fails twice", [platformError({ retryable: true }), platformError({ retryable: true })], 2],
    ["fails for good", [platformError()], 1],
    ["does not answer in time", [], 1],
  ])("does not know the outcome when it %s", async (_, replies, calls) => {
    const { answer, getByName } = calling(...replies);
    const error = await answer.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SluiceError);
    expect(error).toMatchObject({ code: "storage_unavailable", retryAfterMs: 1_000 });
    expect(getByName).toHaveBeenCalledTimes(calls);
  });

  it("does not call a gate again that has too much to do", async () => {
    const { answer, getByName } = calling(platformError({ overloaded: true, retryable: true }), "done");
    await expect(answer).rejects.toMatchObject({ code: "overloaded", retryAfterMs: 1_000 });
    expect(getByName).toHaveBeenCalledOnce();
  });
});
