import { describe, expect, it } from "vitest";
import { describeError, FatalError, RetryError } from "../../src/domain/outcome.ts";

describe("describeError", () => {
  it("keeps an error's name, message and stack", () => {
    const error = new TypeError("no");
    expect(describeError(error)).toEqual({ kind: "error", name: "TypeError", message: "no", stack: error.stack });
  });
  it("cuts each of them to a bounded length", () => {
    const error = new Error("m".repeat(100000));
    error.name = "n".repeat(100000);
    error.stack = "s".repeat(100000);
    const { name, message, stack } = describeError(error);
    expect([name.length, message.length, stack?.length]).toEqual([100, 1000, 2000]);
  });
  it("cuts what was thrown without being an error", () => {
    expect(describeError("x".repeat(100000)).message).toHaveLength(1000);
  });
  it.each([
    ["a string", "broken", "broken"],
    ["nothing", undefined, "undefined"],
    ["a number", 42, "42"],
    ["a symbol", Symbol("lost"), "Symbol(lost)"],
    ["an object without a prototype", Object.create(null), "a value that has no text"],
    [
      "an object whose text throws",
      {
        toString() {
          throw new Error("no text");
        },
      },
      "a value that has no text",
    ],
  ])("describes %s that was thrown", (_, thrown, message) => {
    expect(describeError(thrown)).toEqual({ kind: "error", name: "Error", message });
  });
  it("leaves the stack out where there is none", () => {
    const error = new Error("bare");
    delete error.stack;
    expect(describeError(error)).not.toHaveProperty("stack");
  });
  it("survives an error whose name and message are no strings", () => {
    const odd = Object.assign(new Error("x"), { name: 7, message: { deep: true } });
    expect(describeError(odd)).toMatchObject({ name: "7", message: "[object Object]" });
  });
  it("says what kind of end it was", () => {
    expect(describeError(new Error("late"), "timeout").kind).toBe("timeout");
  });
  it("never cuts a character in two", () => {
    const { message } = describeError(new Error(`${"m".repeat(999)}🌊`));
    expect(message.isWellFormed()).toBe(true);
  });
});
describe("what a handler throws", () => {
  it("tells a fatal error by its name", () => {
    expect(describeError(new FatalError("never")).name).toBe("FatalError");
  });
  it("carries when to try again, and why", () => {
    const cause = new Error("503");
    const error = new RetryError("later", { after: "5m", cause });
    expect([error.name, error.after, error.cause]).toEqual(["RetryError", "5m", cause]);
    expect(new RetryError("later").after).toBeUndefined();
  });
});
