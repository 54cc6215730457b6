/** Colours of series and bars; they can be told apart in print, and by those who see few colours (Okabe and Ito). */
export const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"] as const;

type Attributes = Readonly<Record<string, string | number>>;

/** An element with what is in it. */
export function element(name: string, attributes: Attributes, ...content: readonly string[]): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(rounded(value))}"`);
  return content.length === 0
    ? `<${name}${written.join("")}/>`
    : `<${name}${written.join("")}>${content.join("\n")}</${name}>`;
}

/** Text at a place. */
export function label(text: string, attributes: Attributes): string {
  return element("text", attributes, escaped(text));
}

/** A picture on white, so that it can be read on any page. */
export function picture(width: number, height: number, title: string, content: readonly string[]): string {
  const background = element("rect", { width, height, fill: "#ffffff" });
  const heading = label(title, { x: 16, y: 24, "font-size": 15, "font-weight": "bold" });
  const attributes = {
    xmlns: "http://www.w3.org/2000/svg",
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: "img",
    "font-family": "system-ui, sans-serif",
    "font-size": 12,
    fill: "#222222",
  };
  return `${element("svg", attributes, element("title", {}, escaped(title)), background, heading, ...content)}\n`;
}

/** Up to five round numbers from 0 to at least `most`. */
export function ticks(most: number): number[] {
  const power = 10 ** Math.floor(Math.log10(most / 4));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size * 4 >= most) ?? most;
  const last = Math.ceil(most / step);
  return Array.from({ length: last + 1 }, (_, n) => Number((n * step).toPrecision(6)));
}

function rounded(value: string | number): string {
  return typeof value === "number" ? String(Math.round(value * 100) / 100) : value;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
