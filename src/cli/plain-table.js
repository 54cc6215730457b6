import Table from "cli-table3";
import { colors } from "./terminal.ts";

const NO_LINES = Object.fromEntries(
  ["top", "bottom", "left", "right", "mid"].flatMap((side) =>
    ["", "-mid", "-left", "-right"].map((place) => [`${side}${place}`, ""]),
  ),
);
/** A table without lines, as `ps` has it. */
export function plainTable(columns, rows) {
  const table = new Table({
    head: columns.map(({ head }) => colors.dim(head)),
    colAligns: columns.map(({ align = "left" }) => align),
    chars: { ...NO_LINES, middle: "  " },
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString().replaceAll(/ +$/gm, "");
}
