import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { DatabaseSync } from "node:sqlite";
import { unstable_splitSqlQuery } from "wrangler";
import { listen } from "../../../scripts/listen.ts";

/** As much of Cloudflare's API as `wrangler d1` calls, with one empty database in one account. */
export interface FakeCloudflare {
  /** What makes wrangler call it. */
  readonly env: Readonly<Record<string, string>>;
  readonly database: DatabaseSync;
  close(): void;
}

const ACCOUNT = "0123456789abcdef0123456789abcdef";
const DATABASE = { uuid: "11111111-2222-3333-4444-555555555555", name: "sluice" };

export async function startFakeCloudflare(): Promise<FakeCloudflare> {
  const database = new DatabaseSync(":memory:");
  const answers: Readonly<Record<string, (request: IncomingMessage) => unknown>> = {
    [`GET /accounts/${ACCOUNT}/d1/database/${DATABASE.name}`]: () => DATABASE,
    [`POST /accounts/${ACCOUNT}/d1/database/${DATABASE.uuid}/query`]: async (request) =>
      query(database, ((await bodyOf(request)) as { sql: string }).sql),
  };
  const server = createServer((request, response) => {
    const answer = answers[`${request.method} ${request.url?.split("?")[0]}`];
    void respond(response, answer?.(request));
  });
  const url = `http://${await listen(server)}`;
  const env = { CLOUDFLARE_API_BASE_URL: url, CLOUDFLARE_ACCOUNT_ID: ACCOUNT, CLOUDFLARE_API_TOKEN: "token" };
  return { env, database, close: () => void server.close() };
}

async function respond(response: ServerResponse, answering: unknown): Promise<void> {
  const result = await answering;
  const success = result !== undefined;
  response.writeHead(success ? 200 : 404, { "Content-Type": "application/json" });
  response.end(JSON.stringify({ success, errors: [], messages: [], result }));
}

function query(database: DatabaseSync, sql: string): unknown[] {
  return unstable_splitSqlQuery(sql).map((statement) => ({
    results: database.prepare(statement).all(),
    success: true,
    meta: { duration: 0 },
  }));
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}
