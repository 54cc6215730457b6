import { type Command, InvalidArgumentError, Option } from "commander";
import { JURISDICTIONS, type Jurisdiction, LOCATION_HINTS, type LocationHint } from "../../domain/region.ts";
import type { OwnLimits, TenantView } from "../../protocol/tenant-view.ts";
import { usageError } from "../cli-error.ts";
import { connectOperator, TOKEN_OPTION } from "../connection.ts";
import { type Field, type ItemView, showItem, showItems, timeText } from "../item-view.ts";
import { addResource } from "../resource.ts";

/** Commander has no way to give an option the value null. */
type LimitOptions = { readonly [Limit in keyof OwnLimits]?: number | "default" };

interface ChangeOptions extends LimitOptions {
  readonly name?: string;
}

interface CreateOptions extends ChangeOptions {
  readonly locationHint?: LocationHint;
  readonly jurisdiction?: Jurisdiction;
}

const NOUNS = ["tenant", "tenants"] as const;

const LIMITS = {
  rate: "jobs per second",
  burst: "jobs at once after a pause",
  backlog: "unfinished jobs that wait",
  concurrency: "jobs that run at a time",
  maxPayloadBytes: "bytes of one payload",
} as const satisfies Record<keyof OwnLimits, string>;
const LIMIT_NAMES = Object.keys(LIMITS) as (keyof OwnLimits)[];

const TENANT: ItemView<TenantView> = {
  nouns: NOUNS,
  columns: [
    { name: "tenant", text: ({ id }) => id },
    { name: "name", text: ({ name }) => name },
    { name: "state", text: ({ state }) => state },
    ...(["rate", "burst", "backlog", "concurrency"] as const).map(limitField),
    { name: "created", text: ({ createdAt }) => timeText(createdAt) },
  ],
  details: [
    limitField("maxPayloadBytes"),
    { name: "region", text: ({ region }) => region.jurisdiction ?? region.locationHint ?? "" },
    { name: "suspended", text: ({ suspendedAt }) => timeText(suspendedAt) },
    { name: "deleted", text: ({ deletedAt }) => timeText(deletedAt) },
  ],
};

/** `sluice tenants`: for the operator of a deployment. */
export function addTenants(program: Command): void {
  const tenants = addResource(program, {
    name: "tenants",
    description: "the deployment's tenants, for its operator",
    nouns: NOUNS,
    subject: ["id", "the tenant's id"],
    connect: connectOperator,
  });
  tenants.command.option(...TOKEN_OPTION);
  tenants.all(
    "list",
    "all tenants, by id; a limit of its own has a *, the others are the deployment's",
    (api) => api.list(),
    showItems(TENANT),
  );
  tenants.one("get", "one tenant", (api, id) => api.get(id), showItem(TENANT));
  withLimits(
    tenants.one(
      "create",
      "make a tenant; `sluice keys create --tenant` makes its first key",
      (api, id, options: CreateOptions) => api.create({ id, ...changeOf(options), region: regionOf(options) }),
      showItem(TENANT),
    ),
  )
    .option("--name <name>", "what people call it (default: its id)")
    .addOption(new Option("--location-hint <hint>", "where its gate is, for good").choices(LOCATION_HINTS))
    .addOption(new Option("--jurisdiction <name>", "within which its gate stays, for good").choices(JURISDICTIONS));
  withLimits(
    tenants.one(
      "update",
      "change a tenant's name or limits; what is left out stays",
      (api, id, options: ChangeOptions) => {
        const change = changeOf(options);
        if (change.name === undefined && Object.keys(change.limits).length === 0) {
          throw usageError("there is nothing to change: give --name or a limit");
        }
        return api.change(id, change);
      },
      showItem(TENANT),
    ),
  ).option("--name <name>", "what people call it");
  tenants.end("suspend", "admit and start nothing any more; what runs goes on", {
    find: (api, id) => api.get(id),
    run: (api, id) => api.suspend(id),
    asks: (what) => `Suspend ${what}? All calls get 403, and nothing starts until \`sluice tenants resume\`.`,
    done: "suspended",
  });
  tenants.one("resume", "go on with all that waits", (api, id) => api.resume(id), showItem(TENANT));
  tenants.end("delete", "delete tenants with all that they have, for good", {
    find: (api, id) => api.get(id),
    run: (api, id) => api.delete(id),
    asks: (what) => `Delete ${what}, with all jobs, files, schedules and keys? It cannot be undone.`,
    done: "deleted",
  });
}

function limitField(limit: keyof OwnLimits): Field<TenantView> {
  return {
    name: limit === "maxPayloadBytes" ? "payload bytes" : limit,
    text: ({ limits, effectiveLimits }) => `${effectiveLimits[limit]}${limits[limit] === null ? "" : "*"}`,
    align: "right",
  };
}

function withLimits(command: Command): Command {
  for (const name of LIMIT_NAMES) {
    const flag = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    command.option(`--${flag} <n>`, `${LIMITS[name]}; "default" for the deployment's`, parseLimit);
  }
  return command;
}

function parseLimit(text: string): number | "default" {
  if (text === "default") return text;
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number, or "default".');
  return Number(text);
}

function changeOf({ name, ...options }: ChangeOptions) {
  const limits: { -readonly [Limit in keyof OwnLimits]?: number | null } = {};
  for (const limit of LIMIT_NAMES) {
    const given = options[limit];
    if (given !== undefined) limits[limit] = given === "default" ? null : given;
  }
  return { ...(name !== undefined && { name }), limits };
}

function regionOf({ locationHint, jurisdiction }: CreateOptions) {
  return { locationHint, jurisdiction };
}
