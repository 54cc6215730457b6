import { describe, expect, it } from "vitest";
import { FatalError, RetryError } from "../../src/domain/outcome.ts";
import { isRunReply, succeeded, thrownReply } from "../../src/protocol/service-job.ts";

function named(name: string, message: string, fields: object = {}): Error {
  return Object.assign(new Error(message), { name, ...fields });
}

describe("what a run has thrown", () => {
  it.each([
    ["of this Worker", new FatalError("no")],
    ["of another one, by its name", named("FatalError", "no")],
    ["of another one, by the beginning of its message", new Error("FatalError: no")],
  ])("fails the job when it is a FatalError %s", (_, thrown) => {
    expect(thrownReply(thrown)).toMatchObject({ kind: "failed" });
  });

  it.each([
    ["of this Worker", new RetryError("busy", { after: "90s" })],
    ["of another one", named("RetryError", "busy", { after: "90s" })],
  ])("says when to come back when it is a RetryError %s", (_, thrown) => {
    expect(thrownReply(thrown)).toMatchObject({ kind: "retry", after: "90s", error: { message: "busy" } });
  });

  it("is tried again when it is anything else", () => {
    expect(thrownReply(named("TypeError", "oh"))).toMatchObject({ kind: "retry", error: { name: "TypeError" } });
    expect(thrownReply("a text")).toMatchObject({ kind: "retry", error: { name: "Error", message: "a text" } });
    expect(thrownReply(named("TypeError", "oh", { after: "1h" }))).not.toHaveProperty("after");
  });
});

describe("an answer", () => {
  it("is taken for a reply only when it is one", () => {
    expect(isRunReply(succeeded(1))).toBe(true);
    for (const answer of [{ kind: "failed", error: {} }, { mark: "else" }, null, "succeeded", undefined]) {
      expect(isRunReply(answer)).toBe(false);
    }
  });
});
