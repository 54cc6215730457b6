import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { patternsOf, QueueRules } from "../../src/domain/queue-settings.ts";

const limited = (name, concurrency) => ({
  name,
  concurrency,
  rate: null,
  paused: false,
});
describe("the patterns of a name", () => {
  it.each([
    ["mail", []],
    ["mail/eu", ["mail/*"]],
    ["a/b/c", ["a/b/*", "a/*"]],
    ["a/", ["a/*"]],
    ["a//b", ["a//*", "a/*"]],
    ["a/*", []],
    ["a/b/*", ["a/*"]],
  ])("%s: %j", (name, patterns) => {
    expect(patternsOf(name)).toEqual(patterns);
  });
});
describe("the limits of a queue", () => {
  const rules = new QueueRules([limited("a/b", 1), limited("a/*", 2), limited("a/b/*", 3), limited("mail", 4)]);
  it.each([
    ["mail", 4],
    ["a/b", 1],
    ["a/c", 2],
    ["a/b/c", 3],
    ["a/b/c/d", 3],
    ["a/c/d", 2],
    ["a", null],
    ["mail/eu", null],
    ["ab", null],
    ["other", null],
  ])("of %s are %s", (queue, concurrency) => {
    expect(rules.limitsOf(queue).concurrency).toBe(concurrency);
  });
  it("are none where there are no settings", () => {
    expect(new QueueRules().limitsOf("a/b")).toEqual({ concurrency: null, rate: null, paused: false });
  });
  it("are those of the longest name that matches, whatever there is", () => {
    const part = fc.constantFrom("a", "b", "c");
    const name = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
    const pattern = name.map((prefix) => `${prefix}/*`);
    const matches = (given, queue) => (given.endsWith("/*") ? queue.startsWith(given.slice(0, -1)) : given === queue);
    fc.assert(
      fc.property(fc.uniqueArray(fc.oneof(name, pattern)), name, (names, queue) => {
        const all = names.map((one, index) => limited(one, index + 1));
        const exact = all.find((one) => one.name === queue);
        const widest = all.filter((one) => matches(one.name, queue)).toSorted((a, b) => b.name.length - a.name.length);
        expect(new QueueRules(all).limitsOf(queue).concurrency).toBe((exact ?? widest[0])?.concurrency ?? null);
      }),
    );
  });
});
