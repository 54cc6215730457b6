import { describe, expect, it } from "vitest";
import type { StartRate } from "../../../src/domain/queue-settings.ts";
import { MOST_RATES, StartRates } from "../../../src/gate/start-rates.ts";

const RATE: StartRate = { limit: 5, periodMs: 1_000 };

describe("the rates at which lanes start jobs", () => {
  it("give a full limit at once, and a token whenever its share of the period has passed", () => {
    const rates = new StartRates();
    rates.spend("mail", RATE, 5, 0);
    expect([rates.tokens("mail", RATE, 0), rates.refilledAt("mail", RATE, 0)]).toEqual([0, 200]);
    expect([rates.tokens("mail", RATE, 199), rates.tokens("mail", RATE, 200)]).toEqual([0, 1]);
    expect(rates.tokens("other", RATE, 0)).toBe(5);
  });

  it("let a fast lane gather the tokens of 50 ms before it goes on", () => {
    const fast: StartRate = { limit: 1_000, periodMs: 1_000 };
    const rates = new StartRates();
    rates.spend("bulk", fast, 1_000, 0);
    expect(rates.refilledAt("bulk", fast, 0)).toBe(50);
    const small: StartRate = { limit: 2, periodMs: 10 };
    rates.spend("small", small, 2, 0);
    expect(rates.refilledAt("small", small, 0)).toBe(10);
  });

  it("go on after a restart where they were", () => {
    const before = new StartRates();
    before.spend("mail", RATE, 4, 100);
    const after = new StartRates(structuredClone(before.keep(100)!));
    after.configure(() => RATE, 300);
    expect([after.tokens("mail", RATE, 300), before.tokens("mail", RATE, 300)]).toEqual([2, 2]);
  });

  it("are kept when something was spent since the last time, and not again", () => {
    const rates = new StartRates();
    expect(rates.keep(0)).toBeNull();
    rates.spend("mail", RATE, 1, 0);
    expect(rates.keep(0)).toEqual({ at: 0, spent: [["mail", 1]] });
    expect(rates.keep(0)).toBeNull();
  });

  it("forget a lane that is full again", () => {
    const rates = new StartRates();
    rates.spend("mail", RATE, 1, 0);
    rates.spend("late", RATE, 1, 900);
    expect(rates.keep(900)?.spent.map(([queue]) => queue)).toEqual(["late"]);
  });

  it("count what was spent against a new limit, so that setting it again gives nothing", () => {
    const rates = new StartRates();
    rates.spend("mail", RATE, 5, 0);
    rates.configure(() => RATE, 0);
    expect(rates.tokens("mail", RATE, 0)).toBe(0);
    const higher: StartRate = { limit: 8, periodMs: 1_000 };
    rates.configure(() => higher, 0);
    expect(rates.tokens("mail", higher, 0)).toBe(3);
    rates.configure(() => RATE, 0);
    expect(rates.tokens("mail", RATE, 0)).toBe(0);
  });

  it("forget a lane whose rate was taken away", () => {
    const rates = new StartRates();
    rates.spend("mail", RATE, 5, 0);
    rates.configure(() => null, 0);
    rates.configure(() => RATE, 0);
    expect(rates.tokens("mail", RATE, 0)).toBe(5);
  });

  it("give tokens back, no more than the limit", () => {
    const rates = new StartRates();
    rates.spend("mail", RATE, 3, 0);
    rates.refund("mail", 2);
    expect(rates.tokens("mail", RATE, 0)).toBe(4);
    rates.refund("mail", 9);
    rates.refund("other", 1);
    expect(rates.tokens("mail", RATE, 0)).toBe(5);
  });

  it("remember a bounded number of lanes: past it they forget the fullest", () => {
    const rates = new StartRates();
    for (let lane = 0; lane < MOST_RATES; lane++) rates.spend(`lane/${lane}`, RATE, lane === 7 ? 1 : 2, 0);
    rates.spend("one/more", RATE, 2, 0);
    const kept = rates.keep(0)!.spent.map(([queue]) => queue);
    expect(kept).toHaveLength(MOST_RATES);
    expect(kept).not.toContain("lane/7");
    expect(kept).toContain("one/more");
  });
});
