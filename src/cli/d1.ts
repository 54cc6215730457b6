import { CliError } from "./cli-error.ts";
import { DATABASE, type WorkerProject } from "./worker-project.ts";
import { runWrangler } from "./wrangler.ts";

/** A project's database: the one of its account, or the one that is kept in a state directory on this machine. */
export interface D1 {
  readonly project: WorkerProject;
  /** None for the account's. */
  readonly stateDir?: string;
}

const MOST_TRIES = 5;
const BUSY_PAUSE_MS = 500;

type Row = Readonly<Record<string, unknown>>;

/**
 * Brings its tables up to date.
 * @throws CliError with what wrangler says, when it fails
 */
export async function applyMigrations(d1: D1): Promise<void> {
  await inTurn(() => runWrangler(d1.project, "d1", "migrations", "apply", DATABASE, ...place(d1)));
}

/**
 * Executes statements in their order.
 * @returns the rows of each
 * @throws CliError with what wrangler says, when one fails
 */
export async function execute(d1: D1, statements: readonly string[]): Promise<Row[][]> {
  const sql = statements.join(";\n");
  const command = ["d1", "execute", DATABASE, ...place(d1), "--json", "--command", sql];
  const output = await inTurn(() => runWrangler(d1.project, ...command));
  const results = JSON.parse(output) as readonly { readonly results: Row[] }[];
  return results.map((result) => result.results);
}

/** On this machine a Worker that runs may be writing: SQLite then has the caller come again. */
async function inTurn<T>(run: () => Promise<T>): Promise<T> {
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

function place({ stateDir }: D1): string[] {
  return stateDir === undefined ? ["--remote"] : ["--local", "--persist-to", stateDir];
}
