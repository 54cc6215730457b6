import { describe, expect, expectTypeOf, it } from "vitest";
import airports from "../../node_modules/vega-datasets/data/airports.csv?raw";
import birdstrikes from "../../node_modules/vega-datasets/data/birdstrikes.csv?raw";
import seattleWeather from "../../node_modules/vega-datasets/data/seattle-weather.csv?raw";
import unemployment from "../../node_modules/vega-datasets/data/unemployment.tsv?raw";
import type { Jobs } from "../../src/domain/registry.ts";
import { type Report, reportCsv } from "../../src/handlers/report-csv.ts";
import { MemoryBlobs } from "../../src/testing/memory-blobs.ts";
import { runHandler } from "../../src/testing/run-handler.ts";
import { type Source, sourceOf, utf8 } from "../support/csv-source.ts";

type Payload = Parameters<typeof runHandler<Jobs<[typeof reportCsv]>["report.csv"]["payload"]>>[1];
const COUNT = [{ op: "count" as const }];

async function report(payload: Payload): Promise<Report> {
  const outcome = await runHandler(reportCsv, payload);
  if (outcome.kind !== "succeeded") throw new Error(JSON.stringify(outcome));
  return outcome.result as Report;
}

/** Why the report fails for good. */
async function failure(payload: Payload): Promise<string> {
  const outcome = await runHandler(reportCsv, payload);
  if (outcome.kind !== "failed") throw new Error(JSON.stringify(outcome).slice(0, 200));
  expect(outcome.error.name).toBe("FatalError");
  return outcome.error.message;
}

const BLOB = { blob: "blob_0198c7a2-0000-7000-8000-000000000000" };
const REGIONS = {
  groupBy: ["region"],
  aggregates: [{ op: "count" as const }, { op: "sum" as const, column: "amount" }],
};

/** A header, and then chunks of 1,000 rows, each of 60 bytes; one row may lack a field. */
function regions(chunks: number, broken?: number): Source {
  const note = "x".repeat(35);
  const row = (id: number) => (id === broken ? "?\n" : `${id},région ${id % 7},${id / 4},"${note}"\n`);
  const rows = (first: number) => Array.from({ length: 1_000 }, (_, i) => row(first + i)).join("");
  return sourceOf((index) => {
    if (index === 0) return utf8("id,region,amount,note\n");
    return index <= chunks ? utf8(rows((index - 1) * 1_000)) : undefined;
  });
}

const fromSource = (source: Source) => ({
  get: async () => ({ contentType: "text/csv", bytes: 0, body: source.stream }),
  put: () => Promise.reject(new Error("a report keeps no blob")),
});

/** Rows as objects, read without the parser under test: a regular expression, for files without line breaks in quotes. */
function rowsOf(text: string, delimiter = ","): Record<string, string>[] {
  const field = new RegExp(`(?:^|${delimiter})(?:"((?:[^"]|"")*)"|([^${delimiter}]*))`, "g");
  const [header = [], ...records] = text
    .trim()
    .split(/\r?\n/)
    .map((line) => [...line.matchAll(field)].map(([, quoted, plain = ""]) => quoted?.replaceAll('""', '"') ?? plain));
  return records.map((record) => Object.fromEntries(header.map((name, i) => [name, record[i]!])));
}

/** The exact sum of decimals, in whole numbers of 10⁻¹². */
function exactSum(cells: readonly string[]): number {
  const scaled = cells.map((cell) => {
    const [, sign, whole, fraction = ""] = /^(-?)(\d*)\.?(\d*)$/.exec(cell)!;
    return BigInt(`${sign}${whole}${fraction.padEnd(12, "0")}`);
  });
  return Number(scaled.reduce((sum, one) => sum + one, 0n)) / 1e12;
}

describe("the report of a real file", () => {
  it("groups the weather of Seattle by its five kinds", async () => {
    const rows = rowsOf(seattleWeather);
    const { groups, ...rest } = await report({
      csv: seattleWeather,
      groupBy: ["weather"],
      aggregates: [
        { op: "count", as: "days" },
        { op: "avg", column: "temp_max" },
        { op: "min", column: "temp_min" },
        { op: "max", column: "wind" },
        { op: "sum", column: "precipitation", as: "rain" },
      ],
    });
    expect(rest).toEqual({ rows: 1_461, groupCount: 5, skipped: {} });
    expect(groups.map(({ weather }) => weather)).toEqual(["drizzle", "rain", "sun", "snow", "fog"]);
    for (const group of groups) {
      const days = rows.filter(({ weather }) => weather === group.weather);
      expect(group).toEqual({
        weather: group.weather,
        days: days.length,
        avg_temp_max: expect.closeTo(exactSum(days.map(({ temp_max }) => temp_max!)) / days.length, 12),
        min_temp_min: Math.min(...days.map(({ temp_min }) => Number(temp_min))),
        max_wind: Math.max(...days.map(({ wind }) => Number(wind))),
        rain: expect.closeTo(exactSum(days.map(({ precipitation }) => precipitation!)), 11),
      });
    }
  });

  it("says how many of 10,000 bird strikes are of unknown speed", async () => {
    const rows = rowsOf(birdstrikes);
    const speeds = rows.map((row) => row["Speed IAS in knots"]!).filter((speed) => speed !== "");
    const { groups, ...rest } = await report({
      csv: birdstrikes,
      aggregates: [
        { op: "count" },
        { op: "count", column: "Speed IAS in knots", as: "of known speed" },
        { op: "avg", column: "Speed IAS in knots", as: "speed" },
        { op: "sum", column: "Cost Total $", as: "cost" },
      ],
    });
    const skipped = { "Speed IAS in knots": { empty: 10_000 - speeds.length, notNumeric: 0 } };
    expect(rest).toEqual({ rows: 10_000, groupCount: 1, skipped });
    expect(groups).toEqual([
      {
        count: 10_000,
        "of known speed": 7_164,
        speed: expect.closeTo(exactSum(speeds) / 7_164, 10),
        cost: exactSum(rows.map((row) => row["Cost Total $"]!)),
      },
    ]);
  });

  it("groups bird strikes by two columns, the most expensive first", async () => {
    const byBoth = Map.groupBy(rowsOf(birdstrikes), (row) => `${row["Origin State"]}/${row["Wildlife Size"]}`);
    const costs = [...byBoth].map(([both, rows]) => ({
      both,
      cost: exactSum(rows.map((row) => row["Cost Total $"]!)),
    }));
    const top = costs.toSorted((a, b) => b.cost - a.cost).slice(0, 7);
    const { groupCount, groups } = await report({
      csv: birdstrikes,
      groupBy: ["Origin State", "Wildlife Size"],
      aggregates: [{ op: "sum", column: "Cost Total $", as: "cost" }],
      orderBy: { name: "cost", direction: "desc" },
      limit: 7,
    });
    expect(groupCount).toBe(byBoth.size);
    expect(
      groups.map((group) => ({ both: `${group["Origin State"]}/${group["Wildlife Size"]}`, cost: group.cost })),
    ).toEqual(top);
  });

  it("reads airports with commas and quotes in their names", async () => {
    const rows = rowsOf(airports);
    expect(rows).toHaveLength(3_376);
    const { groups } = await report({
      csv: airports,
      groupBy: ["name"],
      aggregates: [{ op: "count" }, { op: "max", column: "latitude" }],
    });
    expect(groups).toHaveLength(new Set(rows.map(({ name }) => name)).size);
    expect(groups).toContainEqual({ name: 'W. H. "Bud" Barron', count: 1, max_latitude: 32.56445806 });
    expect(groups).toContainEqual({ name: "Dr. C.P. Savage, Sr.", count: 1, max_latitude: 32.302 });
  });

  it("counts the texts in a column of which a number was asked", async () => {
    // "0E8" is a number to anybody. "0B1" is one to JavaScript.
    const numeric = rowsOf(airports).filter(({ iata = "" }) => /^\d+E\d+$/.test(iata));
    const { skipped } = await report({ csv: airports, aggregates: [{ op: "max", column: "iata" }] });
    expect(numeric).toHaveLength(2);
    expect(skipped).toEqual({ iata: { empty: 0, notNumeric: 3_374 } });
  });

  it("reads unemployment from between tabs", async () => {
    const rates = rowsOf(unemployment, "\t").map(({ rate }) => Number(rate));
    const aggregates = [
      { op: "min" as const, column: "rate" },
      { op: "max" as const, column: "rate" },
    ];
    expect(await report({ csv: unemployment, delimiter: "\t", aggregates })).toEqual({
      rows: 3_218,
      groupCount: 1,
      groups: [{ min_rate: Math.min(...rates), max_rate: Math.max(...rates) }],
      skipped: {},
    });
  });
});

describe("a blob", () => {
  it("makes the same report as its text", async () => {
    const blobs = new MemoryBlobs();
    const csv = await blobs.put(birdstrikes, { contentType: "text/csv" });
    const query = { groupBy: ["Origin State"], aggregates: [{ op: "sum" as const, column: "Cost Total $" }] };
    const outcome = await runHandler(reportCsv, { csv, ...query }, { blobs });
    expect(outcome).toEqual({ kind: "succeeded", result: await report({ csv: birdstrikes, ...query }) });
  });

  it("of 120,000 rows and 7 MB is summed up exactly", async () => {
    const source = regions(120);
    const outcome = await runHandler(reportCsv, { csv: BLOB, ...REGIONS }, { blobs: fromSource(source) });
    expect(source.pulled).toBe(121);
    expect(outcome).toMatchObject({ kind: "succeeded", result: { rows: 120_000, groupCount: 7, skipped: {} } });
    const { groups } = (outcome as { result: Report }).result;
    const [first] = groups;
    // Ids 0, 7, … 119,994, in quarters.
    expect(first).toEqual({ region: "région 0", count: 17_143, sum_amount: ((119_994 / 4) * 17_143) / 2 });
  });

  it("is read no further than to its first mistake", async () => {
    const source = regions(120, 5_500);
    const outcome = await runHandler(reportCsv, { csv: BLOB, ...REGIONS }, { blobs: fromSource(source) });
    expect(outcome).toMatchObject({ kind: "failed", error: { message: expect.stringContaining("on line 5502") } });
    expect(source).toMatchObject({ cancelled: true });
    expect(source.pulled).toBeLessThan(12);
  });

  it("that stalls ends with the attempt's time, and is given up", async () => {
    const source = sourceOf((index) => (index === 0 ? utf8("a\n1\n") : new Promise<never>(() => {})));
    const payload = { csv: BLOB, aggregates: COUNT };
    const outcome = await runHandler({ ...reportCsv, timeoutMs: 20 }, payload, { blobs: fromSource(source) });
    expect(outcome).toMatchObject({ kind: "retry", error: { kind: "timeout" } });
    expect(source.cancelled).toBe(true);
  });

  it("whose connection breaks is tried again", async () => {
    const source = sourceOf(() => Promise.reject(new Error("Network connection lost.")));
    const payload = { csv: BLOB, aggregates: COUNT };
    const outcome = await runHandler(reportCsv, payload, { blobs: fromSource(source) });
    expect(outcome).toMatchObject({ kind: "retry", error: { message: "Network connection lost." } });
  });
});

describe("a group", () => {
  it("is told from another by all of its texts, exactly", async () => {
    const csv = 'a,b\nx,"y,z"\n"x,y",z\nx,"y,z"\nX,"y,z"\n ,\n,\n';
    const { groups } = await report({ csv, groupBy: ["a", "b"], aggregates: COUNT });
    expect(groups).toEqual([
      { a: "x", b: "y,z", count: 2 },
      { a: "x,y", b: "z", count: 1 },
      { a: "X", b: "y,z", count: 1 },
      { a: " ", b: "", count: 1 },
      { a: "", b: "", count: 1 },
    ]);
  });

  it("has null where there is nothing to compute a result from", async () => {
    const csv = "kind,n\na,1\nb,\nb, \nc,?\n";
    const aggregates = (["count", "sum", "avg", "min", "max"] as const).map((op) => ({ op, column: "n", as: op }));
    expect(await report({ csv, groupBy: ["kind"], aggregates })).toEqual({
      rows: 4,
      groupCount: 3,
      groups: [
        { kind: "a", count: 1, sum: 1, avg: 1, min: 1, max: 1 },
        { kind: "b", count: 0, sum: null, avg: null, min: null, max: null },
        { kind: "c", count: 1, sum: null, avg: null, min: null, max: null },
      ],
      skipped: { n: { empty: 2, notNumeric: 1 } },
    });
  });

  it("is one without rows when nothing is grouped, and none when something is", async () => {
    const aggregates = [...COUNT, { op: "sum" as const, column: "a" }];
    expect(await report({ csv: "a,b\n", aggregates })).toEqual({
      rows: 0,
      groupCount: 1,
      groups: [{ count: 0, sum_a: null }],
      skipped: {},
    });
    expect((await report({ csv: "a,b\n", groupBy: ["b"], aggregates })).groups).toEqual([]);
  });

  it("may have names that objects know otherwise", async () => {
    const aggregates = [{ op: "sum" as const, column: "constructor", as: "toString" }];
    const { groups, skipped } = await report({
      csv: "__proto__,constructor\nx,1\nx,y\n",
      groupBy: ["__proto__"],
      aggregates,
    });
    expect(JSON.stringify(groups)).toBe('[{"__proto__":"x","toString":1}]');
    expect(JSON.stringify(skipped)).toBe('{"constructor":{"empty":0,"notNumeric":1}}');
  });
});

describe("the order", () => {
  const csv = "kind,n\nb,2\na,\nc,10\nd,2\nB,-1\n";
  const payload = { csv, groupBy: ["kind"], aggregates: [{ op: "sum" as const, column: "n" }] };
  const kinds = async (more: Pick<Payload, "orderBy" | "limit">) =>
    (await report({ ...payload, ...more })).groups.map(({ kind }) => kind).join("");

  it("is that of the rows unless one is asked for", async () => {
    expect(await kinds({})).toBe("bacdB");
    expect(await kinds({ limit: 2 })).toBe("ba");
  });

  it("is by value for numbers, with equal ones as they came and null last in both directions", async () => {
    expect(await kinds({ orderBy: { name: "sum_n" } })).toBe("Bbdca");
    expect(await kinds({ orderBy: { name: "sum_n", direction: "desc" } })).toBe("cbdBa");
  });

  it("is by code unit for texts", async () => {
    expect(await kinds({ orderBy: { name: "kind" } })).toBe("Babcd");
    expect(await kinds({ orderBy: { name: "kind", direction: "desc" } })).toBe("dcbaB");
  });

  it("leaves the number of groups known when a limit leaves some out", async () => {
    expect(await report({ ...payload, limit: 2 })).toMatchObject({ rows: 5, groupCount: 5, groups: { length: 2 } });
  });
});

describe("a CSV fails for good", () => {
  const missing = 'the CSV has no column "c"; its columns are "a", "b"';
  it.each([
    [missing, { csv: "a,b\n1,2", groupBy: ["c"], aggregates: COUNT }],
    [missing, { csv: "a,b\n1,2", aggregates: [{ op: "max" as const, column: "c" }] }],
    [missing, { csv: "a,b\n1,2", aggregates: [{ op: "count" as const, column: "c" }] }],
    ['the CSV has no column "a"; its columns are "a;b"', { csv: "a;b\n1;2", groupBy: ["a"], aggregates: COUNT }],
    ['the CSV\'s header names more than one column "a"', { csv: "a,b,a\n1,2,3", aggregates: COUNT }],
    ["the CSV is empty: its first line has to name the columns", { csv: "", aggregates: COUNT }],
    [
      "row 2 of the CSV cannot be read: Invalid Record Length: expect 2, got 3 on line 3",
      { csv: "a,b\n1,2\n3,4,5\n", aggregates: COUNT },
    ],
    [
      'the numbers in the column "a" are too large for their sum',
      { csv: "a\n1e308\n1e308\n", aggregates: [{ op: "sum" as const, column: "a" }] },
    ],
  ])("and says: %s", async (message, payload) => {
    expect(await failure(payload)).toBe(message);
  });

  it("when it makes more than 10,000 groups", async () => {
    const csv = (groups: number) => `id\n${Array.from({ length: groups }, (_, id) => `${id}\n`).join("")}`;
    const query = { groupBy: ["id"], aggregates: COUNT };
    expect(await report({ csv: csv(10_000), ...query })).toMatchObject({ groupCount: 10_000 });
    expect(await failure({ csv: csv(10_001), ...query, limit: 1 })).toBe(
      "the CSV makes more than 10000 groups: group by columns that have fewer and shorter ones",
    );
  });

  it("when what tells its groups apart is too long to be kept", async () => {
    const csv = `id\n${Array.from({ length: 30 }, (_, id) => `${id}${"-".repeat(100_000)}\n`).join("")}`;
    expect(await failure({ csv, groupBy: ["id"], aggregates: COUNT })).toContain("over 2000000 characters");
  });

  it("when the blob is not there", async () => {
    expect(await failure({ csv: BLOB, aggregates: COUNT })).toBe(`there is no blob ${BLOB.blob}`);
  });
});

describe("a payload", () => {
  const problems = (payload: unknown) =>
    reportCsv.input.safeParse(payload).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];
  const sum = { op: "sum", column: "a" };

  it.each([
    { csv: "a\n1\n", aggregates: [{ op: "count" }] },
    { csv: BLOB, delimiter: ";", aggregates: [sum] },
    { csv: "", groupBy: ["b", "c"], aggregates: [sum, { ...sum, as: "total" }], orderBy: { name: "c" }, limit: 10 },
  ])("is taken: %j", (payload) => {
    expect(problems(payload)).toEqual([]);
  });

  it.each([
    ['csv: must be CSV as text, or { "blob": "blob_…" }', { csv: 1, aggregates: [sum] }],
    ["csv.blob: must be the id of a blob, blob_…", { csv: { blob: "x" }, aggregates: [sum] }],
    ["delimiter: must be one character, and no quote or line break", { csv: "", delimiter: ", ", aggregates: [sum] }],
    ["delimiter: must be one character, and no quote or line break", { csv: "", delimiter: "", aggregates: [sum] }],
    ["delimiter: must be one character, and no quote or line break", { csv: "", delimiter: '"', aggregates: [sum] }],
    ["delimiter: must be one character, and no quote or line break", { csv: "", delimiter: "\n", aggregates: [sum] }],
    ["aggregates: Too small: expected array to have >=1 items", { csv: "", aggregates: [] }],
    [
      "aggregates: Too big: expected array to have <=20 items",
      { csv: "", aggregates: Array.from({ length: 21 }, (_, i) => ({ ...sum, as: `${i}` })) },
    ],
    [
      "groupBy: Too big: expected array to have <=5 items",
      { csv: "", groupBy: ["a", "b", "c", "d", "e", "f"], aggregates: [{ op: "count" }] },
    ],
    [
      "aggregates.0.column: Invalid input: expected string, received undefined",
      { csv: "", aggregates: [{ op: "max" }] },
    ],
    ['aggregates.1.as: a group would have two fields "sum_a"', { csv: "", aggregates: [sum, sum] }],
    [
      'aggregates.0.as: a group would have two fields "a"',
      { csv: "", groupBy: ["a"], aggregates: [{ ...sum, as: "a" }] },
    ],
    ['groupBy.1: a group would have two fields "b"', { csv: "", groupBy: ["b", "b"], aggregates: [sum] }],
    ["orderBy.name: a group has no such field", { csv: "", aggregates: [sum], orderBy: { name: "a" } }],
    ["limit: Too big: expected number to be <=10000", { csv: "", aggregates: [sum], limit: 10_001 }],
    [': Unrecognized key: "where"', { csv: "", aggregates: [sum], where: "a > 1" }],
  ])("is refused, saying %s", (problem, payload) => {
    expect(problems(payload)).toEqual([problem]);
  });

  it("and the result have types that flow to typed callers", () => {
    type Types = Jobs<[typeof reportCsv]>["report.csv"];
    expectTypeOf<Types["result"]>().toEqualTypeOf<Report>();
    expectTypeOf<{ csv: { blob: string }; aggregates: [{ op: "count" }] }>().toExtend<Types["payload"]>();
    expectTypeOf<{ csv: string; aggregates: [{ op: "sum"; column: string }] }>().toExtend<Types["payload"]>();
    expectTypeOf<{ csv: string; aggregates: [{ op: "sum" }] }>().not.toExtend<Types["payload"]>();
    expectTypeOf<{ csv: string; aggregates: [{ op: "median"; column: string }] }>().not.toExtend<Types["payload"]>();
  });
});
