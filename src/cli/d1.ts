import { DATABASE, type WorkerProject } from "./worker-project.ts";
import { runWrangler } from "./wrangler.ts";

/** A project's database: the one of its account, or the one that is kept in a state directory on this machine. */
export interface D1 {
  readonly project: WorkerProject;
  /** None for the account's. */
  readonly stateDir?: string;
}

type Row = Readonly<Record<string, unknown>>;

/**
 * Brings its tables up to date.
 * @throws CliError with what wrangler says, when it fails
 */
export async function applyMigrations(d1: D1): Promise<void> {
  await runWrangler(d1.project, "d1", "migrations", "apply", DATABASE, ...place(d1));
}

/**
 * Executes statements in their order.
 * @returns the rows of each
 * @throws CliError with what wrangler says, when one fails
 */
export async function execute(d1: D1, statements: readonly string[]): Promise<Row[][]> {
  const sql = statements.join(";\n");
  const output = await runWrangler(d1.project, "d1", "execute", DATABASE, ...place(d1), "--json", "--command", sql);
  const results = JSON.parse(output) as readonly { readonly results: Row[] }[];
  return results.map((result) => result.results);
}

function place({ stateDir }: D1): string[] {
  return stateDir === undefined ? ["--remote"] : ["--local", "--persist-to", stateDir];
}
