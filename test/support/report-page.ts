/** What a reader finds on a report's page. */
export interface ReadPage {
  /** All text, without the style sheet. */
  readonly text: string;
  /** The names of all elements, and of their attributes. */
  readonly elements: readonly string[];
  readonly attributes: readonly string[];
  readonly table: {
    readonly caption: string;
    readonly columns: readonly string[];
    readonly rows: readonly { readonly texts: readonly string[]; readonly numbers: readonly (number | null)[] }[];
  };
}

/** Reads a page by an HTML parser that knows nothing of how it was made. */
export async function readPage(html: string): Promise<ReadPage> {
  const [elements, attributes, texts, columns]: [string[], string[], string[], string[]] = [[], [], [], []];
  const rows: { texts: string[]; numbers: (number | null)[] }[] = [];
  let caption = "";
  const last = (list: string[], text: string) => list.push(`${list.pop() ?? ""}${decoded(text)}`);
  await new HTMLRewriter()
    .on("*", {
      element: (element) => {
        elements.push(element.tagName);
        attributes.push(...[...element.attributes].map(([name = ""]) => name));
      },
    })
    .on("body *", { text: ({ text }) => void texts.push(decoded(text)) })
    .on("caption", { text: ({ text }) => void (caption += decoded(text)) })
    .on("thead th", { element: () => void columns.push(""), text: ({ text }) => void last(columns, text) })
    .on("tbody tr", { element: () => void rows.push({ texts: [], numbers: [] }) })
    .on("tbody th", {
      element: () => void rows.at(-1)?.texts.push(""),
      text: ({ text }) => void last(rows.at(-1)?.texts ?? [], text),
    })
    .on("tbody td", { element: () => void rows.at(-1)?.numbers.push(null) })
    .on("tbody td data", {
      element: (element) => void rows.at(-1)?.numbers.splice(-1, 1, Number(element.getAttribute("value"))),
    })
    .transform(new Response(html))
    .text();
  return { text: texts.join(""), elements, attributes, table: { caption, columns, rows } };
}

const NAMED: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', "#39": "'", amp: "&" };

function decoded(text: string): string {
  return text.replace(/&(lt|gt|quot|#39|amp);/g, (_, name: string) => NAMED[name] ?? "");
}
