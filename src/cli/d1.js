import { CliError } from "./cli-error.ts";
import { DATABASE } from "./worker-project.ts";
import { runWrangler } from "./wrangler.ts";

const MOST_TRIES = 5;
const BUSY_PAUSE_MS = 500;
/**
 * Brings its tables up to date.
 * @throws CliError with what wrangler says, when it fails
 */
export async function applyMigrations(d1) {
  await inTurn(() => runWrangler(d1.project, "d1", "migrations", "apply", DATABASE, ...place(d1)));
}
/**
 * Executes statements in their order.
 * @returns the rows of each
 * @throws CliError with what wrangler says, when one fails
 */
export async function execute(d1, statements) {
  const sql = statements.join(";\n");
  const command = ["d1", "execute", DATABASE, ...place(d1), "--json", "--command", sql];
  const output = await inTurn(() => runWrangler(d1.project, ...command));
  const results = JSON.parse(output);
  return results.map((result) => result.results);
}
/** On this machine a Worker that runs may be writing: SQLite then has the caller come again. */
async function inTurn(run) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      const isLocked = error instanceof CliError && error.message.includes("SQLITE_BUSY");
      if (!isLocked || attempt === MOST_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, BUSY_PAUSE_MS));
    }
  }
}
function place({ stateDir }) {
  return stateDir === undefined ? ["--remote"] : ["--local", "--persist-to", stateDir];
}
