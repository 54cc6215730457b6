import { describe, expect, it } from "vitest";
import { isFullRun, readOptions } from "../../bench/options.ts";
import { aimRows } from "../../bench/report/aims.ts";
import { barChart } from "../../bench/report/bar-chart.ts";
import type { BenchRun } from "../../bench/report/bench-run.ts";
import { plots } from "../../bench/report/plots.ts";
import { benchmarkReport } from "../../bench/report/report.ts";
import { ticks } from "../../bench/report/svg.ts";
import { contenderTable } from "../../bench/report/tables.ts";
import { Results, type Round } from "../../bench/results.ts";

const rounds: Round[] = [
  ...[3_000, 3_500, 4_000].map((acknowledged, n) => round("single", "floor", n + 1, { acknowledged, p99: 10 })),
  ...[400, 500, 700].map((acknowledged, n) => round("single", "textbook", n + 1, { acknowledged, finished: 200 })),
  ...[1_500, 1_400, 1_600].map((acknowledged, n) => round("single", "sluice", n + 1, { acknowledged, finished: 900 })),
  round("low", "sluice", 1, { endToEndP50: 31 }),
  round("backlog", "0", 1, { p50: 10, failed: 0 }),
  round("backlog", "1000000", 1, { p50: 11, failed: 3 }),
];

function round(measure: string, of: string, n: number, figures: Round["figures"]): Round {
  return { measure, of, round: n, figures };
}

const run: BenchRun = {
  startedAt: "2026-11-21T10:00:00.000Z",
  finishedAt: "2026-11-21T10:20:00.000Z",
  options: readOptions(["--rounds", "3"]),
  isFull: false,
  machine: {
    cpu: "a processor",
    cores: 2,
    memoryGb: 8,
    system: "Linux",
    load: 0.1,
    syncMs: 1.5,
    versions: { node: "v24" },
  },
  contenders: [
    { id: "floor", name: "no-op route", how: "…" },
    { id: "textbook", name: "textbook build", how: "…" },
    { id: "sluice", name: "Sluice", how: "…" },
    { id: "bullmq", name: "BullMQ", how: "…" },
  ],
  skipped: [{ id: "bullmq", why: "redis-server is not installed" }],
  rounds,
};

describe("a table of contenders", () => {
  it("has medians with their spread, and ratios of medians, for those that were measured", () => {
    const rows = contenderTable(run, "single")
      .split("\n")
      .map((row) => row.split("|").map((cell) => cell.trim()));
    const sluice = rows.find((row) => row[1] === "Sluice");
    expect(sluice?.slice(2, 5)).toEqual(["1,500 (1,400–1,600)", "0.429×", "3×"]);
    expect(rows.some((row) => row[1] === "BullMQ")).toBe(false);
    expect(contenderTable(run, "batch")).toBe("");
  });
});

describe("the aims", () => {
  it("are met, missed, or not measured", () => {
    const found = Object.fromEntries(
      aimRows(new Results(rounds)).map(([what, , value, verdict]) => [what, [value, verdict]]),
    );
    expect(found["enqueue, 1 job a request, of the textbook build"]).toEqual(["3×", "met"]);
    expect(found["enqueue, 1 job a request, of the floor"]).toEqual(["0.429×", "**missed**"]);
    expect(found["end to end at low load, p50"]).toEqual(["31 ms", "**missed**"]);
    expect(found["enqueue p50 with a backlog of 1M, of that with none"]).toEqual(["1.1×", "met"]);
    expect(found["finished, 100 jobs a request, of BullMQ + Redis"]).toEqual(["not measured", ""]);
  });
});

describe("the page", () => {
  const page = benchmarkReport(run);

  it("says that a short run is one, and only then", () => {
    expect(page).toContain("**A short run** (3 of 5 rounds");
    expect(benchmarkReport({ ...run, isFull: true })).not.toContain("short run");
  });

  it("says what was left out, and what failed", () => {
    expect(page).toContain("- bullmq: redis-server is not installed");
    expect(page).toMatch(/\| 1000000: backlog +\| +3 \|/);
  });

  it("shows the plots that there are, and has no section without figures", () => {
    const shown = [...page.matchAll(/benchmarks\/([\w-]+)\.svg/g)].map((match) => match[1]);
    expect(shown.toSorted()).toEqual(
      plots(run)
        .map(({ name }) => name)
        .toSorted(),
    );
    expect(page).not.toContain("## 100 jobs a request");
  });
});

describe("a plot", () => {
  it("is well-formed, whatever the names are", () => {
    for (const { svg } of plots(run)) expect(unclosed(svg)).toEqual([]);
    const svg = barChart("a & b", "<s>", [{ name: 'x"y', median: 5, min: 4, max: 9 }]);
    expect(unclosed(svg)).toEqual([]);
    expect(svg).toContain("a &amp; b");
  });

  it("draws a bar as long as its median, by its scale", () => {
    const bars = [10, 5].map((median) => ({ name: "x", median, min: median, max: median }));
    const widths = [...barChart("t", "u", bars).matchAll(/width="([\d.]+)" height="18"/g)].map((match) =>
      Number(match[1]),
    );
    expect(widths).toHaveLength(2);
    expect((widths[0] ?? 0) / (widths[1] ?? 1)).toBeCloseTo(2, 1);
  });

  it("has round marks up to the most", () => {
    expect(ticks(1_730)).toEqual([0, 500, 1_000, 1_500, 2_000]);
    expect(ticks(0.3)).toEqual([0, 0.1, 0.2, 0.3]);
    expect(ticks(4)).toEqual([0, 1, 2, 3, 4]);
  });
});

describe("the options", () => {
  it("make a full run when nothing is left out", () => {
    expect(isFullRun(readOptions([]))).toBe(true);
    for (const less of [
      ["--rounds", "2"],
      ["--seconds", "1"],
      ["--only", "floor"],
      ["--measures", "low"],
    ]) {
      expect(isFullRun(readOptions(less))).toBe(false);
    }
  });

  it("are refused when they are no numbers above 0", () => {
    for (const wrong of ["", "0", "-1", "x", "1.5"]) {
      expect(() => readOptions([`--rounds=${wrong}`])).toThrow("--rounds must be");
    }
  });
});

/** The elements that are opened and not closed, or the other way round. */
function unclosed(svg: string): string[] {
  const open: string[] = [];
  for (const [, close, name = "", end] of svg.matchAll(/<(\/?)(\w+)(?:\s+[\w:-]+="[^"<>]*")*(\/?)>/g)) {
    if (close === "/") {
      if (open.at(-1) !== name) return [...open, `/${name}`];
      open.pop();
    } else if (end !== "/") open.push(name);
  }
  return svg.replaceAll(/<[^<>]*>/g, "").includes("<") ? ["<"] : open;
}
