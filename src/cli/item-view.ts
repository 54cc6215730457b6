import type { GlobalOptions } from "./connection.ts";
import { plainTable } from "./plain-table.ts";
import { printableLine } from "./printable.ts";
import { colors, printJson } from "./terminal.ts";

/** One thing that is shown of an item. */
export interface Field<Item> {
  readonly name: string;
  /** What is empty is left out where one item is shown. */
  readonly text: (item: Item) => string;
  readonly align?: "right";
}

/** How items are shown to people. */
export interface ItemView<Item> {
  readonly nouns: readonly [one: string, many: string];
  /** In a list. */
  readonly columns: readonly Field<Item>[];
  /** What is shown of one item beside these. */
  readonly details?: readonly Field<Item>[];
}

/** Prints what a command has come to. */
export type Show<Result> = (result: Result, options: GlobalOptions) => unknown;

const LONGEST_CELL = 80;

/** Items one to a line, and on stderr how many; as JSON one object to a line. */
export function showItems<Item>(view: ItemView<Item>): Show<Iterable<Item> | AsyncIterable<Item>> {
  return async (items, { json }) => {
    const shown: Item[] = [];
    for await (const item of items) {
      if (json) printJson(item);
      else shown.push(item);
    }
    if (json) return;
    if (shown.length > 0) console.log(itemTable(view, shown));
    console.error(countText(shown.length, view.nouns));
  };
}

/** All of one item, a fact to a line. */
export function showItem<Item>(view: ItemView<Item>): Show<Item> {
  return (item, { json }) => {
    if (json) printJson(item);
    else console.log(itemFacts(view, item));
  };
}

/** "no queues", "1 queue", "1,204 jobs". */
export function countText(count: number, [one, many]: readonly [string, string]): string {
  return `${count === 0 ? "no" : count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

/** The facts of an item, as {@link showItem} prints them. */
export function itemFacts<Item>({ columns, details = [] }: ItemView<Item>, item: Item): string {
  const facts = [...columns, ...details].flatMap(({ name, text }) => {
    const value = printableLine(text(item));
    return value === "" ? [] : [[colors.dim(name), value]];
  });
  return plainTable([{ head: "" }, { head: "" }], facts).trimStart();
}

/** Items, one to a line. */
export function itemTable<Item>({ columns }: ItemView<Item>, items: readonly Item[]): string {
  return plainTable(
    columns.map(({ name, align }) => ({ head: name.toUpperCase(), ...(align !== undefined && { align }) })),
    items.map((item) => columns.map(({ text }) => printableLine(text(item), LONGEST_CELL))),
  );
}

/** A moment (ISO 8601) for people, to the second; empty for none. */
export function timeText(iso: string | null | undefined): string {
  return iso == null ? "" : `${iso.slice(0, 10)} ${iso.slice(11, 19)}Z`;
}
