import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineHandler } from "../../src/domain/handler.ts";
import { DEFAULT_RETRY_POLICY } from "../../src/domain/retry-policy.ts";

const define = (options = {}) =>
  defineHandler({ type: "greet", input: z.string(), run: (name) => `hello ${name}`, ...options });
describe("defineHandler", () => {
  it("gives a handler 30 s, five attempts and no limit of its own", () => {
    const handler = define();
    expect(handler).toMatchObject({ type: "greet", timeoutMs: 30000, retry: DEFAULT_RETRY_POLICY });
    expect(handler.perBatch).toBeUndefined();
  });
  it("reads durations wherever it takes one", () => {
    const handler = define({ timeout: "2m", retry: { maxAttempts: 3, base: "1s", factor: 3, cap: 60 } });
    expect(handler).toMatchObject({
      timeoutMs: 120000,
      retry: { maxAttempts: 3, backoff: { baseMs: 1000, factor: 3, capMs: 60000 } },
    });
  });
  it("keeps the defaults of what a retry policy does not set", () => {
    expect(define({ retry: { maxAttempts: 1 } }).retry).toEqual({ ...DEFAULT_RETRY_POLICY, maxAttempts: 1 });
  });
  it.each([
    ["the shortest type", { type: "a" }],
    ["the longest type", { type: "a".repeat(100) }],
    ["a type with dots, dashes, underscores and capitals", { type: "Report.csv_v2-final" }],
    ["the shortest timeout", { timeout: "1ms" }],
    ["the longest timeout", { timeout: "15m" }],
    ["one attempt", { retry: { maxAttempts: 1 } }],
    ["25 attempts", { retry: { maxAttempts: 25 } }],
    ["a constant backoff", { retry: { factor: 1 } }],
    ["no delay at all", { retry: { base: 0, cap: 0 } }],
    ["one at a time", { perBatch: 1 }],
  ])("takes %s", (_, options) => {
    expect(() => define(options)).not.toThrow();
  });
  it.each([
    ["an empty type", { type: "" }],
    ["a type of 101 letters", { type: "a".repeat(101) }],
    ["a type with a space", { type: "send mail" }],
    ["a type with a slash", { type: "mail/send" }],
    ["a type that begins with a dot", { type: ".mail" }],
    ["a type with a line break at its end", { type: "mail\n" }],
    ["no time", { timeout: 0 }],
    ["less than a millisecond", { timeout: "0.4ms" }],
    ["more than 15 minutes", { timeout: "901s" }],
    ["a timeout that is no duration", { timeout: "soon" }],
    ["no attempt", { retry: { maxAttempts: 0 } }],
    ["26 attempts", { retry: { maxAttempts: 26 } }],
    ["half an attempt", { retry: { maxAttempts: 1.5 } }],
    ["NaN attempts", { retry: { maxAttempts: Number.NaN } }],
    ["a shrinking backoff", { retry: { factor: 0.9 } }],
    ["a backoff that is no number", { retry: { factor: Number.NaN } }],
    ["an infinite factor, which JSON cannot carry", { retry: { factor: Number.POSITIVE_INFINITY } }],
    ["a negative base", { retry: { base: -1 } }],
    ["a cap that is no duration", { retry: { cap: "long" } }],
    ["none at a time", { perBatch: 0 }],
    ["half at a time", { perBatch: 0.5 }],
    ["endlessly many at a time", { perBatch: Number.POSITIVE_INFINITY }],
  ])("refuses %s", (_, options) => {
    expect(() => define(options)).toThrow(RangeError);
  });
  it.each([
    ["timeout", { timeout: "soon" }],
    ["retry.maxAttempts", { retry: { maxAttempts: 0 } }],
    ["retry.base", { retry: { base: -1 } }],
    ["retry.cap", { retry: { cap: "long" } }],
    ["retry.factor", { retry: { factor: 0 } }],
    ["perBatch", { perBatch: 0 }],
  ])("names the handler and the option when %s is out of its range", (option, options) => {
    expect(() => define(options)).toThrow(`greet: ${option}`);
  });
});
