/**
 * Puts generated parts into a page, each between `<!-- generated: name -->` and `<!-- end -->`.
 * @throws Error when the page has no place for a part
 */
export function withGenerated(page: string, parts: Readonly<Record<string, string>>): string {
  return Object.entries(parts).reduce((text, [name, part]) => {
    const begin = `<!-- generated: ${name} -->\n`;
    const from = text.indexOf(begin);
    const to = text.indexOf("<!-- end -->", from);
    if (from < 0 || to < 0)
      throw new Error(`The page has no place for «${name}»: put "${begin.trim()}" and "<!-- end -->" there`);
    return `${text.slice(0, from + begin.length)}\n${part}\n\n${text.slice(to)}`;
  }, page);
}
