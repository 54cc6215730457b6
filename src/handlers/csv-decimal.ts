// Not `Number` alone, which also takes "0x10" and "Infinity", and nothing for 0. No two parts can match the same digits:
// the time is linear in the length.
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/** The number that a cell holds, as in "12", "-.5" or "1e3", with space around it or not; undefined when it holds none. */
export function parseDecimal(cell: string): number | undefined {
  const text = cell.trim();
  if (!DECIMAL.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}
