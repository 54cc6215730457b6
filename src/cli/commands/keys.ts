import type { Command } from "commander";
import type { KeysClient } from "../../client/client.ts";
import type { Duration } from "../../domain/duration.ts";
import { SCOPES, type Scope } from "../../domain/grant.ts";
import type { KeyView, NewKeyView } from "../../protocol/key-view.ts";
import { CliError } from "../cli-error.ts";
import { connect, connectOperator, type OperatorOptions, TOKEN_OPTION } from "../connection.ts";
import { type ItemView, type Show, showItem, showItems, timeText } from "../item-view.ts";
import { commaList, duration } from "../option-parsers.ts";
import { addResource } from "../resource.ts";
import { parseTenantId } from "../tenant-id.ts";

interface KeysOptions extends OperatorOptions {
  readonly tenant?: string;
}

interface EndOptions {
  readonly expiresIn?: Duration;
  readonly expiresAt?: string;
}

interface CreateOptions extends EndOptions {
  readonly scopes: Scope[];
  readonly types?: string[];
}

interface RotateOptions extends EndOptions {
  readonly overlap?: Duration;
}

const NOUNS = ["key", "keys"] as const;

const KEY: ItemView<KeyView> = {
  nouns: NOUNS,
  columns: [
    { name: "id", text: ({ id }) => id },
    { name: "name", text: ({ name }) => name },
    { name: "ends in", text: ({ hint }) => (hint === null ? "" : `…${hint}`) },
    { name: "scopes", text: ({ scopes }) => scopes.join(",") },
    { name: "types", text: ({ types }) => types?.join(",") ?? "any" },
    { name: "state", text: stateOf },
  ],
  details: [
    { name: "created", text: ({ createdAt }) => timeText(createdAt) },
    { name: "expires", text: ({ expiresAt }) => timeText(expiresAt) },
    { name: "revoked", text: ({ revokedAt }) => timeText(revokedAt) },
  ],
};

const NEW_KEY: ItemView<NewKeyView> = {
  ...KEY,
  details: [...(KEY.details ?? []), { name: "key", text: ({ key }) => key }],
};

const showNewKey: Show<NewKeyView> = async (key, options) => {
  await showItem(NEW_KEY)(key, options);
  if (!options.json) console.error("The key is shown this once: keep it now.");
};

/** `sluice keys`: the API keys of the caller's tenant, or for the operator those of any. */
export function addKeys(program: Command): void {
  const keys = addResource(program, {
    name: "keys",
    description: "API keys: of the tenant whose key you have, or with --tenant, for the operator, of any",
    nouns: NOUNS,
    subject: ["id", "the key's id, as `sluice keys list` shows it"],
    connect: keysOf,
  });
  keys.command
    .option("--tenant <id>", "as the operator: the keys of this tenant", parseTenantId)
    .option(...TOKEN_OPTION);
  keys.all("list", "all keys, newest first, also those that have ended", (api) => api.list(), showItems(KEY));
  withEnd(
    keys.all(
      "create",
      "make a key; it is shown once",
      (api, { name, scopes, types, ...end }: CreateOptions & { readonly name: string }) =>
        api.create({ name, scopes, ...(types !== undefined && { types }), ...endOf(end) }),
      showNewKey,
    ),
  )
    .requiredOption("--name <name>", "what people call it")
    .requiredOption("--scopes <scopes>", `what it may do, of ${SCOPES.join(",")}`, commaList)
    .option("--types <types>", "only for jobs of these types", commaList);
  withEnd(
    keys.one(
      "rotate",
      "make a key that may do the same; the old one goes on for a while",
      (api, id, { overlap, ...end }: RotateOptions) =>
        api.rotate(id, { ...(overlap !== undefined && { overlap }), ...endOf(end) }),
      showNewKey,
    ),
  ).option("--overlap <duration>", "for how long; 0 ends it at once (default: 24h)", duration);
  keys.end("revoke", "end keys, within 30 seconds", {
    find: findKey,
    run: (api, id) => api.revoke(id),
    asks: (what) => `Revoke ${what}? Whoever uses it gets 401, for good.`,
    done: "revoked",
  });
}

async function keysOf(command: Command): Promise<KeysClient> {
  const { tenant } = command.optsWithGlobals<KeysOptions>();
  return tenant === undefined ? (await connect(command)).keys : (await connectOperator(command)).keys(tenant);
}

function withEnd(command: Command): Command {
  return command
    .option("--expires-in <duration>", "ends by itself after so long, as 90d", duration)
    .option("--expires-at <time>", 'ends by itself then, as "2027-01-31T09:00:00Z"');
}

function endOf({ expiresIn, expiresAt }: EndOptions) {
  return { ...(expiresIn !== undefined && { expiresIn }), ...(expiresAt !== undefined && { expiresAt }) };
}

async function findKey(api: KeysClient, id: string): Promise<KeyView> {
  const found = (await api.list()).find((key) => key.id === id);
  if (found === undefined) throw new CliError("key_not_found", `there is no key ${id}: \`sluice keys list\` shows all`);
  return found;
}

function stateOf({ expiresAt, revokedAt }: KeyView): string {
  const now = Date.now();
  if (revokedAt !== null) return Date.parse(revokedAt) > now ? `ends ${timeText(revokedAt)}` : "revoked";
  if (expiresAt === null) return "active";
  return Date.parse(expiresAt) > now ? `ends ${timeText(expiresAt)}` : "expired";
}
