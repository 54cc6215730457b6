import { anything, array, assert, constantFrom, dictionary, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { type LogFields, toLogLine } from "../../src/domain/log-line.ts";

describe("a line of a job's log", () => {
  it("is what was said", () => {
    const fields = { ms: 900, ok: false, of: null, to: "x", not: undefined };
    expect(toLogLine(5, "warn", "slow", fields)).toEqual({
      at: 5,
      level: "warn",
      message: "slow",
      fields: { ms: 900, ok: false, of: null, to: "x" },
    });
    expect(toLogLine(5, "info", "plain")).toEqual({ at: 5, level: "info", message: "plain" });
    expect(toLogLine(5, "info", "plain", { not: undefined })).not.toHaveProperty("fields");
  });

  it("is bounded, is JSON, and never throws, whatever a handler says", () => {
    const levels = constantFrom("info", "warn", "error");
    const fields = dictionary(string({ maxLength: 300 }), anything(), { maxKeys: 50 });
    assert(
      property(levels, anything(), fields, array(string()), (level, message, fields, more) => {
        const said = `${"x".repeat(600)}${more.join("")}`;
        for (const text of [message, said]) {
          const line = toLogLine(5, level, text as string, fields as LogFields);
          expect(line.message.length).toBeLessThanOrEqual(500);
          expect(Object.keys(line.fields ?? {}).length).toBeLessThanOrEqual(10);
          expect(JSON.stringify(line).length).toBeLessThan(20_000);
          expect(JSON.parse(JSON.stringify(line))).toEqual({ ...line });
        }
      }),
    );
  });

  it("says so where a value has no text", () => {
    const mute = {
      toString: () => {
        throw new Error("no");
      },
    };
    expect(toLogLine(5, "info", mute as never, { mute: mute as never })).toMatchObject({
      message: "a value that has no text",
      fields: { mute: "a value that has no text" },
    });
  });
});
