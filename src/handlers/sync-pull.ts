import { env } from "cloudflare:workers";
import { z } from "zod";
import { readConfig } from "../config.ts";
import { defineHandler, type Handler, type HandlerDefinition, type JobContext } from "../domain/handler.ts";
import { FatalError } from "../domain/outcome.ts";
import { LONGEST_URL } from "../outgoing/target-guard.ts";
import { type NextPage, nextPage, requireOrigin } from "./sync-next.ts";
import { type Position, SyncPages } from "./sync-pages.ts";
import { requestPage } from "./sync-request.ts";

export type { NextPage } from "./sync-next.ts";
export { SYNC_PAGES_TABLE } from "./sync-pages.ts";

const MOST_PAGES = 100_000;
/** One job's share: each is a step, of which a job may have 100. */
const PAGES_OF_A_JOB = 50;
/** After so long a job leaves the rest to the next one; its own time is up after 5 minutes. */
const SHARE_MS = 120_000;

const count = z.int().min(0);
const input = z
  .strictObject({
    /** Asks for every page anew, changed or not. */
    fresh: z.boolean().optional(),
    /** Where the job before it has stopped, and what had come until then. */
    from: z
      .strictObject({
        page: z.int().min(1).max(MOST_PAGES),
        url: z.string().max(LONGEST_URL),
        pages: count,
        unchanged: count,
        items: count,
      })
      .optional(),
  })
  .nullish();

export interface SyncPullDefinition<Type extends string, Body extends z.ZodType, Item>
  extends Pick<HandlerDefinition<Type, typeof input, PulledPages>, "type" | "timeout" | "retry" | "perBatch"> {
  /** The first page: absolute, http or https, to a public host. All others have to be of its origin. */
  url: (env: Cloudflare.Env, tenantId: string) => string;
  /** What each request has, such as `Authorization`. */
  headers?: (env: Cloudflare.Env, tenantId: string) => Readonly<Record<string, string>>;
  /** Checks each page's body. */
  body: Body;
  items: (body: z.output<Body>) => readonly Item[];
  next: NextPage<z.output<Body>>;
  /** Pages are only ever added: what was the last page is where the next run begins. Default false: at the first. */
  appendOnly?: boolean;
  /** Where the items go; it has the table of `SYNC_PAGES_TABLE` too. */
  database: (env: Cloudflare.Env) => D1Database;
  /** What writes a page's items. It may be carried out again for the same items: `ON CONFLICT DO UPDATE`. */
  upsert: (items: readonly Item[], db: D1Database, tenantId: string) => readonly D1PreparedStatement[];
}

/** What has come so far, with the jobs before it. */
export interface PulledPages {
  readonly pages: number;
  /** Those of the pages that were as they had been (304). */
  readonly unchanged: number;
  readonly items: number;
  /** The job that goes on; null when that was all. */
  readonly nextJobId: string | null;
}

/**
 * A job type that pulls the pages of an HTTP API into a table of the application, each by a step, so that a retry goes
 * on after the last page that was written.
 * @throws RangeError when an option is out of its range
 */
export function syncPull<Type extends string, Body extends z.ZodType, Item>(
  definition: SyncPullDefinition<Type, Body, Item>,
): Handler<Type, z.input<typeof input>, PulledPages> {
  const { type, timeout = "5m", retry = { maxAttempts: 12, cap: "10m" }, perBatch = 4 } = definition;
  return defineHandler({
    type,
    input,
    timeout,
    retry,
    perBatch,
    run: async (payload, context): Promise<PulledPages> => {
      const { fresh = false, from } = payload ?? {};
      const source = new Source(definition, fresh, context);
      const stopAt = Date.now() + SHARE_MS;
      let { pages, unchanged, items } = from ?? { pages: 0, unchanged: 0, items: 0 };
      let at = from ?? (await context.step("begin", () => source.begin()));
      for (let done = 0; done < PAGES_OF_A_JOB && (done === 0 || Date.now() < stopAt); done++) {
        const pulled = await context.step(`page ${at.page}`, () => source.pull(at));
        pages++;
        unchanged += Number(pulled.unchanged);
        items += pulled.items;
        if (pulled.next === null) return { pages, unchanged, items, nextJobId: null };
        at = { page: at.page + 1, url: pulled.next };
      }
      const rest = { fresh, from: { page: at.page, url: at.url, pages, unchanged, items } };
      return { pages, unchanged, items, nextJobId: await context.enqueue(type, rest) };
    },
  });
}

interface PulledPage {
  readonly items: number;
  readonly unchanged: boolean;
  readonly next: string | null;
}

/** An API and where it is pulled to, for one job. */
class Source<Body extends z.ZodType, Item> {
  readonly #definition: SyncPullDefinition<string, Body, Item>;
  readonly #fresh: boolean;
  readonly #context: JobContext;
  readonly #db: D1Database;
  readonly #known: SyncPages;
  readonly #first: URL;

  constructor(definition: SyncPullDefinition<string, Body, Item>, fresh: boolean, context: JobContext) {
    this.#definition = definition;
    this.#fresh = fresh;
    this.#context = context;
    this.#db = definition.database(env);
    this.#known = new SyncPages(this.#db, context.tenantId, definition.type);
    this.#first = new URL(definition.url(env, context.tenantId));
  }

  async begin(): Promise<Position> {
    const last = this.#definition.appendOnly === true && !this.#fresh ? await this.#known.last() : null;
    const isOfOrigin = last !== null && URL.parse(last.url)?.origin === this.#first.origin;
    return isOfOrigin ? { page: last.page, url: last.url } : { page: 1, url: this.#first.href };
  }

  /** Pulls a page and writes it: its items and its ETag together, or neither. */
  async pull({ page, url }: Position): Promise<PulledPage> {
    if (page > MOST_PAGES) throw new FatalError(`more than ${MOST_PAGES} pages: does one of them name an earlier one?`);
    requireOrigin(new URL(url), this.#first.origin);
    const { allowLoopback } = readConfig(env);
    const known = this.#fresh ? null : await this.#known.known({ page, url });
    const headers = this.#definition.headers?.(env, this.#context.tenantId) ?? {};
    const fetched = await requestPage(url, known?.etag ?? null, headers, this.#context, allowLoopback);
    if (fetched === null) return { items: 0, unchanged: true, next: known?.next ?? null };
    const body = this.#checked(fetched.body);
    const items = this.#definition.items(body);
    const answered = { url: new URL(url), link: fetched.link, body, items: items.length };
    const next = nextPage(this.#definition.next, answered, allowLoopback)?.href ?? null;
    const upserts = this.#definition.upsert(items, this.#db, this.#context.tenantId);
    await this.#db.batch([...upserts, ...this.#known.noting({ page, url }, fetched.etag, next)]);
    return { items: items.length, unchanged: false, next };
  }

  #checked(body: unknown): z.output<Body> {
    const parsed = this.#definition.body.safeParse(body);
    if (parsed.success) return parsed.data;
    const [{ path, message } = { path: [], message: "" }] = parsed.error.issues;
    throw new FatalError(`${this.#first.host} answered something else than pages: /${path.join("/")}: ${message}`);
  }
}
