import { describe, expect, it } from "vitest";
import { z } from "zod";
import { serviceHandler } from "../../src/handlers/service-handler.ts";
import { createRunner } from "../../src/runner.ts";
import { runHandler } from "../../src/testing.ts";

// What passes between two Workers is tested with two Workers: test/services.
describe("a method that another Worker runs", () => {
  it.each(["fetch", "connect", "constructor", "then", "#run", "a b", ""])("cannot be named %j", (method) => {
    const define = () => serviceHandler({ type: "greet", input: z.unknown(), binding: "TEAM", method });
    expect(define).toThrow(RangeError);
    expect(() => createRunner({ [method]: () => 1 })).toThrow(RangeError);
  });
});

describe("a handler whose Worker is not bound", () => {
  it("fails, and says what to write", async () => {
    const greet = serviceHandler({ type: "greet", input: z.unknown(), binding: "TEAM" });
    const outcome = await runHandler(greet, null);
    expect(outcome).toMatchObject({ kind: "failed", error: { name: "FatalError" } });
    expect(JSON.stringify(outcome)).toContain('add [[services]] binding = \\"TEAM\\"');
  });
});
