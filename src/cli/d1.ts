import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CliError } from "./cli-error.ts";
import { WRANGLERS_TABLE } from "./migrations-folder.ts";
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

const APPLIED = `CREATE TABLE ${WRANGLERS_TABLE} (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)`;

type Row = Readonly<Record<string, unknown>>;

/**
 * Brings its tables up to date.
 * @throws CliError with what wrangler says, when it fails
 */
export async function applyMigrations(d1: D1): Promise<void> {
  const { project, stateDir } = d1;
  if (project.migrations !== null && stateDir !== undefined && !existsSync(join(stateDir, "v3", "d1"))) {
    return applyAtOnce(d1, stateDir, project.migrations);
  }
  await inTurn(() => runWrangler(d1.project, "d1", "migrations", "apply", DATABASE, ...place(d1)));
}

/**
 * To a database that is not there yet, all in one transaction, and noted as wrangler does, which starts a runtime for each
 * of them: eighteen take ten seconds.
 */
async function applyAtOnce(d1: D1, stateDir: string, folder: string): Promise<void> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(".sql")).toSorted();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
  const names = files.map((file) => `('${file.replaceAll("'", "''")}')`);
  await mkdir(stateDir, { recursive: true });
  const whole = join(stateDir, "migrations.sql");
  await writeFile(
    whole,
    [...texts, APPLIED, `INSERT INTO ${WRANGLERS_TABLE} (name) VALUES ${names.join()}`].join(";\n"),
  );
  try {
    await inTurn(() => runWrangler(d1.project, "d1", "execute", DATABASE, ...place(d1), "--file", whole));
  } finally {
    await rm(whole);
  }
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
