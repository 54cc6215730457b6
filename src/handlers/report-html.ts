import { escapeHtml, numberText, shortHtml } from "./html-text.ts";
import { chartSvg } from "./report-chart.ts";
import type { SkippedCells } from "./report-columns.ts";
import type { Group } from "./report-groups.ts";
import type { Layout } from "./report-layout.ts";
import { type Query, resultName } from "./report-query.ts";
import { REPORT_STYLE } from "./report-style.ts";

/** What a page is made of. */
export interface Figures {
  readonly rows: number;
  readonly groupCount: number;
  readonly groups: readonly Group[];
  readonly skipped: Readonly<Record<string, SkippedCells>>;
}

/** Groups that the table shows; a line above it says so when there are more. */
const MOST_SHOWN = 1_000;
const CELL_LENGTH = 500;
const NOTHING = '<span class="none">–</span>';
// Nothing on the page can be run or fetched, whatever the CSV holds.
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/** A report as an HTML page that needs nothing else: figures, an SVG chart and a table. */
export function reportHtml(figures: Figures, query: Query, { title = "Report", chart }: Layout): string {
  const { groupBy, aggregates } = query;
  const names = aggregates.map(resultName);
  const value = chart?.value ?? names[0] ?? "";
  const points = figures.groups.map((group) => ({ label: labelOf(group, groupBy), value: asNumber(group[value]) }));
  const by = groupBy.join(", ");
  const drawn =
    groupBy.length === 0 || points.length === 0
      ? ""
      : chartSvg({ type: chart?.type ?? "bar", name: value, by, points });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${escapeHtml(title)}</title>
<style>${REPORT_STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<p>${summary(figures)}</p>
${skippedLines(figures.skipped)}
${drawn}
${table(figures, groupBy, names)}
</main>
</body>
</html>
`;
}

function summary({ rows, groupCount, groups }: Figures): string {
  const counted = `${counts(rows, "row")} in ${counts(groupCount, "group")}`;
  return groups.length < groupCount ? `${counted}, of which these are the first ${numberText(groups.length)}` : counted;
}

function counts(count: number, what: string): string {
  return `${numberText(count)} ${what}${count === 1 ? "" : "s"}`;
}

function skippedLines(skipped: Figures["skipped"]): string {
  const lines = Object.entries(skipped).map(
    ([column, { empty, notNumeric }]) =>
      `<p>Left out of ${shortHtml(column, 200)}: ${numberText(empty)} empty, ${numberText(notNumeric)} not numeric.</p>`,
  );
  return lines.join("\n");
}

function table({ groups }: Figures, groupBy: readonly string[], names: readonly string[]): string {
  const shown = groups.slice(0, MOST_SHOWN);
  const capped = `The first ${numberText(shown.length)} of ${counts(groups.length, "group")}; the job's result has all of them.`;
  const header = [
    ...groupBy.map((name) => `<th scope="col">${escapeHtml(name)}</th>`),
    ...names.map((name) => `<th scope="col" class="number">${escapeHtml(name)}</th>`),
  ];
  const rows = shown.map((group) => {
    const texts = groupBy.map((name) => `<th scope="row">${textCell(String(group[name] ?? ""))}</th>`);
    const numbers = names.map((name) => `<td class="number">${numberCell(asNumber(group[name]))}</td>`);
    return `<tr>${[...texts, ...numbers].join("")}</tr>`;
  });
  return [
    groups.length > shown.length ? `<p>${capped}</p>` : "",
    '<div class="scroll" role="region" aria-label="Figures" tabindex="0"><table>',
    `<caption>Figures${groupBy.length === 0 ? "" : ` by ${escapeHtml(groupBy.join(", "))}`}</caption>`,
    `<thead><tr>${header.join("")}</tr></thead>`,
    `<tbody>\n${rows.join("\n")}\n</tbody></table></div>`,
  ].join("\n");
}

function labelOf(group: Group, groupBy: readonly string[]): string {
  return groupBy.map((name) => String(group[name] ?? "").trim() || "(empty)").join(" · ");
}

function textCell(text: string): string {
  return text.trim() === "" ? '<span class="none">(empty)</span>' : shortHtml(text, CELL_LENGTH);
}

// The exact number is there for programs; people see it rounded.
function numberCell(value: number | null): string {
  return value === null ? NOTHING : `<data value="${value}">${numberText(value)}</data>`;
}

function asNumber(value: Group[string] | undefined): number | null {
  return typeof value === "number" ? value : null;
}
