import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { applyMigrations, execute } from "../../src/cli/d1.ts";
import { readProject, type WorkerProject } from "../../src/cli/worker-project.ts";
import { emptyProject } from "./support/project.ts";

let project: WorkerProject;

beforeEach(async () => {
  const dir = await emptyProject();
  await mkdir(join(dir, "migrations"));
  await writeFile(
    join(dir, "wrangler.toml"),
    'name = "team"\n[[d1_databases]]\nbinding = "DB"\ndatabase_name = "team"\n',
  );
  await migration(
    dir,
    "0000_first",
    "CREATE TABLE a (x integer);\n--> statement-breakpoint\nCREATE INDEX b ON a (x);\n",
  );
  await migration(dir, "0001_it's", "INSERT INTO a VALUES (1); -- the last");
  project = readProject(join(dir, "wrangler.toml"));
});
afterEach(() => rm(project.dir, { recursive: true }));

const migration = (dir: string, name: string, text: string) => writeFile(join(dir, "migrations", `${name}.sql`), text);
const at = (state: string, by = project) => ({ project: by, stateDir: join(project.dir, state) });
const SCHEMA =
  "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite%' AND name NOT LIKE '_cf%' ORDER BY name";
const inWords = (rows: unknown) => JSON.stringify(rows).replaceAll(/[\s"`\\tn]+/g, "");

it("a new database is as wrangler makes it, migration by migration, and wrangler goes on from there", async () => {
  await applyMigrations(at("at-once"));
  await applyMigrations(at("one-by-one", { ...project, migrations: null }));
  const of = (state: string) => execute(at(state), [SCHEMA, "SELECT id, name FROM d1_migrations", "SELECT x FROM a"]);
  const [once, byOne] = [await of("at-once"), await of("one-by-one")];
  expect(inWords(once)).toBe(inWords(byOne));
  expect(once[1]).toEqual([
    { id: 1, name: "0000_first.sql" },
    { id: 2, name: "0001_it's.sql" },
  ]);
  expect(once[2]).toEqual([{ x: 1 }]);

  await migration(project.dir, "0002_more", "INSERT INTO a VALUES (2);");
  await applyMigrations(at("at-once"));
  expect(await execute(at("at-once"), ["SELECT x FROM a ORDER BY x"])).toEqual([[{ x: 1 }, { x: 2 }]]);
});

it("a new database of which a migration fails is made by none of them", async () => {
  await migration(project.dir, "0002_wrong", "INSERT INTO absent VALUES (1);");
  await expect(applyMigrations(at("state"))).rejects.toThrow("no such table: absent");
  await rm(join(project.dir, "migrations", "0002_wrong.sql"));
  await applyMigrations(at("state"));
  expect(await execute(at("state"), ["SELECT x FROM a"])).toEqual([[{ x: 1 }]]);
});
