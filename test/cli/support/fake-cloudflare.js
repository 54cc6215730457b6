import { createServer } from "node:http";
import { DatabaseSync } from "node:sqlite";
import { unstable_splitSqlQuery } from "wrangler";
import { listen } from "../../../scripts/listen.ts";

const ACCOUNT = "0123456789abcdef0123456789abcdef";
const DATABASE = { uuid: "11111111-2222-3333-4444-555555555555", name: "sluice" };
export async function startFakeCloudflare() {
  const database = new DatabaseSync(":memory:");
  const answers = {
    [`GET /accounts/${ACCOUNT}/d1/database/${DATABASE.name}`]: () => DATABASE,
    [`POST /accounts/${ACCOUNT}/d1/database/${DATABASE.uuid}/query`]: async (request) =>
      query(database, (await bodyOf(request)).sql),
  };
  const server = createServer((request, response) => {
    const answer = answers[`${request.method} ${request.url?.split("?")[0]}`];
    void respond(response, answer?.(request));
  });
  const url = `http://${await listen(server)}`;
  const env = { CLOUDFLARE_API_BASE_URL: url, CLOUDFLARE_ACCOUNT_ID: ACCOUNT, CLOUDFLARE_API_TOKEN: "token" };
  return { env, database, close: () => void server.close() };
}
async function respond(response, answering) {
  const result = await answering;
  const success = result !== undefined;
  response.writeHead(success ? 200 : 404, { "Content-Type": "application/json" });
  response.end(JSON.stringify({ success, errors: [], messages: [], result }));
}
function query(database, sql) {
  return unstable_splitSqlQuery(sql).map((statement) => ({
    results: database.prepare(statement).all(),
    success: true,
    meta: { duration: 0 },
  }));
}
async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}
