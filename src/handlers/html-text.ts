const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as HTML shows it, in an element or in a quoted attribute; what a page cannot have (control characters) is `�`. */
export function escapeHtml(text: string): string {
  const shown = text.toWellFormed().replace(/[^\P{Cc}\t\n]/gu, "�");
  return shown.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}

/** As `escapeHtml`, of the first characters only: "…" ends what was cut. */
export function shortHtml(text: string, most: number): string {
  return escapeHtml(text.length > most ? `${text.slice(0, most - 1)}…` : text);
}

const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 2 });
const COMPACT = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 4 });
const SMALL = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 4 });

/** A number for people: 1,234.57, 0.001235, 1.5e+21. */
export function numberText(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e15 || (size > 0 && size < 1e-6)) return value.toExponential(3).replace(/\.?0+e/, "e");
  return size >= 100 || value === 0 ? WHOLE.format(value) : SMALL.format(value);
}

/** The same where there is little room: 12.35M. */
export function compactText(value: number): string {
  const size = Math.abs(value);
  return size >= 1e6 && size < 1e15 ? COMPACT.format(value) : numberText(value);
}
