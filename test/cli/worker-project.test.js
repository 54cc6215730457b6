import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { writeTenants } from "../../src/cli/tenant-rows.ts";
import { localStateDir, readProject } from "../../src/cli/worker-project.ts";
import { emptyProject } from "./support/project.ts";

const { dir: running } = inject("runtime");
let dir;
beforeEach(async () => {
  dir = await emptyProject();
});
afterEach(() => rm(dir, { recursive: true }));
const read = (file) => readProject(join(dir, file));
const write = (file, text) => writeFile(join(dir, file), text);
const toml = (database) => write("wrangler.toml", `name = "team"\n[[d1_databases]]\nbinding = "DB"\n${database}`);
describe("the project that `sluice dev` and `sluice init` work on", () => {
  it("is read from all of wrangler's formats", async () => {
    const database = { binding: "DB", migrations_dir: join(running, "migrations") };
    await write("wrangler.json", JSON.stringify({ name: "team", d1_databases: [database] }));
    await write("wrangler.jsonc", `// mine\n${JSON.stringify({ name: "team", d1_databases: [database] })}`);
    await toml(`migrations_dir = "${database.migrations_dir}"`);
    for (const file of ["wrangler.json", "wrangler.jsonc", "wrangler.toml"]) {
      expect(read(file)).toMatchObject({ dir, config: join(dir, file) });
    }
  });
  it("has the configuration that is named", () => {
    expect(() => read("other.toml")).toThrow(`there is no ${join(dir, "other.toml")}`);
  });
  it("has a configuration that can be read", async () => {
    await write("wrangler.toml", "name = = ");
    expect(() => read("wrangler.toml")).toThrow("Invalid TOML");
  });
  it("has wrangler installed", async () => {
    await toml("");
    await rm(join(dir, "node_modules"));
    expect(() => read("wrangler.toml")).toThrow("wrangler is not installed in this project");
  });
  it.each([
    ["wrangler.toml", 'name = "team"', '[[d1_databases]] with binding = "DB"'],
    ["wrangler.jsonc", '{ "name": "team" /* mine */ }', '"d1_databases": [{ "binding": "DB" }]'],
  ])("has a database in its %s", async (file, text, entry) => {
    await write(file, text);
    expect(() => read(file)).toThrow(`${file} has no D1 database with the binding DB: add ${entry}`);
  });
});
describe("its migrations", () => {
  const entry = 'migrations_dir = "node_modules/sluice/migrations"';
  beforeEach(async () => {
    await rm(join(dir, "node_modules"));
    await mkdir(join(dir, "node_modules", "sluice"), { recursive: true });
    await symlink(join(running, "node_modules", "wrangler"), join(dir, "node_modules", "wrangler"));
    await symlink(join(running, "migrations"), join(dir, "node_modules", "sluice", "migrations"));
  });
  it("may be those of the installed package", async () => {
    await toml(entry);
    expect(read("wrangler.toml")).toMatchObject({ dir });
  });
  it("are looked for in the configuration, which is told what to say", async () => {
    await toml("");
    const missing = "wrangler.toml does not say where the migrations are";
    expect(() => read("wrangler.toml")).toThrow(`${missing}: add ${entry} to its D1 database`);
    await toml('migrations_dir = "mine"');
    const empty = 'wrangler.toml has migrations_dir = "mine", which holds none';
    expect(() => read("wrangler.toml")).toThrow(`${empty}: add ${entry} to its D1 database`);
  });
  it("make the tables of Sluice", async () => {
    await mkdir(join(dir, "mine"));
    await write("mine/0001_mine.sql", "CREATE TABLE mine (id INTEGER PRIMARY KEY);");
    await toml('migrations_dir = "mine"');
    const project = read("wrangler.toml");
    const writing = writeTenants({ project, stateDir: localStateDir(project) }, [{ id: "acme" }], []);
    await expect(writing).rejects.toMatchObject({ code: "no_tables", message: expect.stringContaining(entry) });
  });
});
