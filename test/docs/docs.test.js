import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

const pages = ["README.md", "CONTRIBUTING.md", ...globSync("docs/*.md")];
const tests = globSync("test/**/*.test.ts").map((file) => readFileSync(file, "utf8"));
describe("the documentation", () => {
  it.each(pages)("%s links to files that exist", (page) => {
    const links = [...readFileSync(page, "utf8").matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)].map(
      (link) => link[1] ?? "",
    );
    expect(links.filter((link) => !existsSync(join(dirname(page), link)))).toEqual([]);
  });
  it("names only tests that exist as guards of the invariants", () => {
    const rows = readFileSync("docs/invariants.md", "utf8")
      .split("\n")
      .filter((line) => /^\| \d+ \|/.test(line));
    expect(rows).toHaveLength(10);
    const named = rows.flatMap((row) => [...(row.split("|")[3] ?? "").matchAll(/\*([^*]+)\*/g)].map((name) => name[1]));
    expect(named.length).toBeGreaterThan(15);
    expect(named.filter((name) => !tests.some((source) => source.includes(`it("${name}"`)))).toEqual([]);
  });
  it("lists every setting", () => {
    const config = readFileSync("src/config.ts", "utf8");
    const operations = readFileSync("docs/operations.md", "utf8");
    const settings = [...config.matchAll(/^ {2}(SLUICE_\w+):/gm)].map((setting) => setting[1]);
    expect(settings.length).toBeGreaterThan(10);
    expect(settings.filter((setting) => !operations.includes(`| \`${setting}\` |`))).toEqual([]);
  });
});
