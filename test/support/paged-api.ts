/** An item as the API has it. */
export interface Item {
  readonly id: number;
  readonly name: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The connection is dropped in the middle of the body. */
  readonly isDropped?: boolean;
}

type Fault = Pick<ApiAnswer, "status"> & Partial<ApiAnswer>;

export const itemsFrom = (first: number, count: number): Item[] =>
  Array.from({ length: count }, (_, index) => ({ id: first + index, name: `item ${first + index}` }));

/** An API with pages of items, whose next one is named in each of the usual ways; it knows its pages' ETags. */
export class PagedApi {
  items: Item[];
  readonly perPage: number;
  /** Every request, in order: the number of the page and how it was answered. */
  readonly asked: { readonly page: number; readonly status: number; readonly headers: Headers }[] = [];
  readonly #faults = new Map<number, Fault[]>();

  constructor(items: Item[], perPage: number) {
    this.items = items;
    this.perPage = perPage;
  }

  /** Answers the next requests for a page so, one after the other. */
  fail(page: number, ...faults: readonly (number | Fault)[]): void {
    const listed = faults.map((fault) => (typeof fault === "number" ? { status: fault } : fault));
    this.#faults.set(page, [...(this.#faults.get(page) ?? []), ...listed]);
  }

  /** Pages that were sent in full, each as often as it was. */
  get sent(): number[] {
    return this.asked.filter(({ status }) => status === 200).map(({ page }) => page);
  }

  answer(url: URL, headers: Headers): ApiAnswer {
    const page = Number(url.searchParams.get("page") ?? url.searchParams.get("cursor")?.replace("after-", "") ?? 1);
    const answer = this.#answer(page, url, headers);
    this.asked.push({ page, status: answer.isDropped === true ? 0 : answer.status, headers });
    return answer;
  }

  #answer(page: number, url: URL, headers: Headers): ApiAnswer {
    const fault = this.#faults.get(page)?.shift();
    if (fault !== undefined && fault.isDropped !== true) return { headers: {}, body: "later", ...fault };
    const items = this.items.slice((page - 1) * this.perPage, page * this.perPage);
    const isLast = page * this.perPage >= this.items.length;
    const body = JSON.stringify({ data: items, next: isLast ? null : `after-${page + 1}` });
    const etag = `"${body.length}-${items.map(({ id, name }) => `${id}${name}`).join().length}-${hash(body)}"`;
    if (headers.get("if-none-match") === etag) return { status: 304, headers: { etag }, body: "" };
    const link = `<${url.pathname}?page=1>; rel="first", <${url.pathname}?page=${page + 1}>; title="a, b"; rel="next"`;
    return { status: 200, headers: { etag, ...(!isLast && { link }) }, body, ...fault };
  }
}

function hash(text: string): number {
  let hash = 7;
  for (const character of text) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 1_000_000_007;
  return hash;
}
