import { stripVTControlCharacters } from "node:util";
/** Text of somebody else's for a terminal: without control characters, which could rewrite what is on the screen. */
export function printable(text) {
  return stripVTControlCharacters(text).replaceAll(/[^\P{Cc}\n]/gu, " ");
}
/** The same in one line of at most so many characters. */
export function printableLine(text, most = Number.POSITIVE_INFINITY) {
  const line = printable(text).replaceAll(/\s+/g, " ").trim();
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}
