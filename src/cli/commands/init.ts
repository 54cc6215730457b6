import { type Command, InvalidArgumentError } from "commander";
import { newApiKey } from "../../protocol/api-key.ts";
import { SET_SECRET_KEYS } from "../../protocol/secret-keys-setting.ts";
import { checkDeployment } from "../check-deployment.ts";
import { type GlobalOptions, parseUrl } from "../connection.ts";
import { applyMigrations } from "../d1.ts";
import { parseTenantId } from "../tenant-id.ts";
import { writeTenants } from "../tenant-rows.ts";
import { colors, printJson } from "../terminal.ts";
import { localStateDir, readProject } from "../worker-project.ts";

interface InitOptions extends GlobalOptions {
  readonly tenant: string;
  readonly name?: string;
  readonly newKey: boolean;
  readonly local: boolean;
  readonly config?: string;
}

/** What `sluice init` has found and made. */
interface Initialised {
  readonly tenant: string;
  readonly created: boolean;
  /** The key that was made: nobody can be shown it again. */
  readonly key: string | null;
}

const LONGEST_NAME = 200;

/** `sluice init`: what a deployment needs before it can be called. It can be run again and again. */
export function addInit(program: Command): void {
  program
    .command("init")
    .description("after `wrangler deploy`: make the tables, a tenant, and its first key; with --url, try them")
    .option("--tenant <id>", "the tenant", parseTenantId, "default")
    .option("--name <name>", "what people call it (default: its id)", parseName)
    .option("--new-key", "make a key even if the tenant has one", false)
    .option("--local", "on this machine, in .wrangler/state, instead of the account", false)
    .option("--config <file>", "wrangler's configuration (default: as wrangler finds it)")
    .action((_: InitOptions, command: Command) => init(command.optsWithGlobals<InitOptions>()));
}

async function init(options: InitOptions): Promise<void> {
  const url = options.url === undefined ? undefined : parseUrl(options.url);
  const made = await initialise(options);
  // Before anything else can go wrong: it is not shown again.
  if (options.json) printJson(made);
  else console.log(`${colors.green("✔")} schema up to date · ${tenantText(made)} · ${keyText(made)}`);
  if (made.created && !options.local && !options.json) {
    console.log(colors.dim(`Secrets are stored sealed once the Worker has a key for it:\n  ${SET_SECRET_KEYS}`));
  }
  if (url === undefined) return;
  await checkDeployment(url, made.key);
  if (!options.json)
    console.log(`${colors.green("✔")} ${url} answers${made.key === null ? "" : ", and takes the key"}`);
}

async function initialise({ config, local, tenant, name, newKey }: InitOptions): Promise<Initialised> {
  const project = readProject(config);
  const d1 = local ? { project, stateDir: localStateDir(project) } : { project };
  await applyMigrations(d1);
  const key = newApiKey(tenant);
  const tenantRow = name === undefined ? { id: tenant } : { id: tenant, name };
  const made = await writeTenants(d1, [tenantRow], [{ tenantId: tenant, key, name: "init", onlyFirst: !newKey }]);
  return { tenant, created: made.tenants.length > 0, key: made.keys.length > 0 ? key : null };
}

function tenantText({ tenant, created }: Initialised): string {
  return created ? `tenant ${colors.bold(tenant)}` : `tenant ${colors.bold(tenant)} exists`;
}

function keyText({ key, created }: Initialised): string {
  if (key === null) return "it has a key, no other was made (--new-key makes one)";
  return `${created ? "key" : "new key"} ${colors.bold(key)} (shown once)`;
}

function parseName(text: string): string {
  const name = text.trim();
  if (name !== "" && name.length <= LONGEST_NAME && !/\p{Cc}/u.test(name)) return name;
  throw new InvalidArgumentError(`A name is a line of 1 to ${LONGEST_NAME} characters.`);
}
