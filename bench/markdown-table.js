/** A Markdown table whose columns stand below each other; all but the first `left` are numbers, aligned to the right. */
export function markdownTable(rows, left = 1) {
    const [header = [], ...body] = rows;
    const widths = header.map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)));
    const pad = (cell, column) => column < left ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
    const rule = widths.map((width, column) => (column < left ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
    return [header.map(pad), rule, ...body.map((row) => row.map(pad))].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
