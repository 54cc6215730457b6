/** What a `sync.pull` keeps of each page it has pulled, in the application's own database: a migration for it. */
export const SYNC_PAGES_TABLE = `CREATE TABLE IF NOT EXISTS sync_pages (
  tenant_id TEXT NOT NULL,
  source TEXT NOT NULL,
  page INTEGER NOT NULL,
  url TEXT NOT NULL,
  etag TEXT,
  next TEXT,
  PRIMARY KEY (tenant_id, source, page)
) STRICT, WITHOUT ROWID`;

/** Where a page stands. */
export interface Position {
  /** 1 for the first. */
  readonly page: number;
  readonly url: string;
}

/** A page as it was when it was last pulled. */
interface KnownPage {
  readonly url: string;
  readonly etag: string | null;
  readonly next: string | null;
}

/** The pages of one source of one tenant. */
export class SyncPages {
  readonly #db: D1Database;
  readonly #tenantId: string;
  readonly #source: string;

  constructor(db: D1Database, tenantId: string, source: string) {
    this.#db = db;
    this.#tenantId = tenantId;
    this.#source = source;
  }

  /** Null when it was never pulled, or from another address. */
  async known({ page, url }: Position): Promise<KnownPage | null> {
    const known = await this.#prepare(
      "SELECT url, etag, next FROM sync_pages WHERE tenant_id = ?1 AND source = ?2 AND page = ?3",
      page,
    ).first<KnownPage>();
    return known?.url === url ? known : null;
  }

  /** The last page, as far as is known. */
  async last(): Promise<Position | null> {
    return this.#prepare(
      "SELECT page, url FROM sync_pages WHERE tenant_id = ?1 AND source = ?2 ORDER BY page DESC LIMIT 1",
    ).first<Position>();
  }

  /** Notes a page that was pulled; one without a next is the last. */
  noting({ page, url }: Position, etag: string | null, next: string | null): D1PreparedStatement[] {
    const note = this.#prepare(
      `INSERT INTO sync_pages (tenant_id, source, page, url, etag, next) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
       ON CONFLICT DO UPDATE SET url = excluded.url, etag = excluded.etag, next = excluded.next`,
      page,
      url,
      etag,
      next,
    );
    if (next !== null) return [note];
    return [note, this.#prepare("DELETE FROM sync_pages WHERE tenant_id = ?1 AND source = ?2 AND page > ?3", page)];
  }

  #prepare(sql: string, ...values: readonly (string | number | null)[]): D1PreparedStatement {
    return this.#db.prepare(sql).bind(this.#tenantId, this.#source, ...values);
  }
}
