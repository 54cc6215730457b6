import type { Command } from "commander";
import type { Duration } from "../../domain/duration.ts";
import type { EndpointView, RejectionView } from "../../protocol/endpoint-view.ts";
import { usageError } from "../cli-error.ts";
import { connect } from "../connection.ts";
import { type ItemView, showItem, showItems, timeText } from "../item-view.ts";
import { anyNumber, commaList, duration } from "../option-parsers.ts";
import { readPayload, readSecret } from "../payload.ts";
import { addResource } from "../resource.ts";

interface SetOptions {
  readonly provider?: string;
  readonly scheme?: string;
  readonly secret?: string;
  readonly type: string;
  readonly queue?: string;
  readonly priority?: number;
  readonly events?: readonly string[];
  readonly disabled?: boolean;
}

interface RotateOptions {
  readonly secret: string;
  readonly overlap?: Duration;
}

const NOUNS = ["endpoint", "endpoints"] as const;

const ENDPOINT: ItemView<EndpointView> = {
  nouns: NOUNS,
  columns: [
    { name: "endpoint", text: ({ name }) => name },
    { name: "provider", text: ({ provider }) => provider ?? "own scheme" },
    { name: "type", text: ({ type }) => type },
    { name: "state", text: ({ disabled }) => (disabled ? "disabled" : "active") },
    { name: "url", text: ({ url }) => url },
  ],
  details: [
    { name: "queue", text: ({ queue, priority }) => `${queue}, priority ${priority}` },
    { name: "events", text: ({ events }) => (events.length === 0 ? "all" : events.join(", ")) },
    { name: "scheme", text: ({ scheme }) => (scheme === null ? "" : JSON.stringify(scheme)) },
    {
      name: "former secret",
      text: ({ previousSecretUntil: until }) => (until === null ? "" : `valid until ${timeText(until)}`),
    },
    { name: "created", text: ({ createdAt }) => timeText(createdAt) },
    { name: "updated", text: ({ updatedAt }) => timeText(updatedAt) },
  ],
};

const REJECTION: ItemView<RejectionView> = {
  nouns: ["rejection", "rejections"],
  columns: [
    { name: "at", text: ({ at }) => timeText(at) },
    { name: "count", text: ({ count }) => String(count), align: "right" },
    { name: "cause", text: ({ cause }) => cause },
    { name: "detail", text: ({ detail }) => detail ?? "" },
    { name: "sender", text: ({ userAgent }) => userAgent ?? "" },
  ],
};

const SECRET = "what the provider signs with; @file or - keeps it out of the shell's history";

/** `sluice endpoints`: public addresses that take webhooks. */
export function addEndpoints(program: Command): void {
  const endpoints = addResource(program, {
    name: "endpoints",
    description: "public addresses that take webhooks",
    nouns: NOUNS,
    subject: ["name", "the endpoint's name"],
    connect: async (command) => (await connect(command)).endpoints,
  });
  endpoints.all("list", "all endpoints, by name", (api) => api.list(), showItems(ENDPOINT));
  endpoints.one("get", "one endpoint, without its secret", (api, name) => api.get(name), showItem(ENDPOINT));
  endpoints
    .one(
      "set",
      "make an endpoint, or set it to this; its address stays, and its secret where none is given",
      async (api, name, options: SetOptions) => api.set(name, await requestOf(options)),
      showItem(ENDPOINT),
    )
    .alias("create")
    .option("--provider <preset>", "whose webhooks, as github or stripe")
    .option("--scheme <json>", "of any other provider: JSON, @file, or -")
    .option("--secret <secret>", SECRET)
    .requiredOption("--type <type>", "which handler runs the jobs")
    .option("--queue <queue>", "the lane the jobs wait in")
    .option("--priority <n>", "0 to 9, higher first", anyNumber)
    .option("--events <names>", "only these, as push,pull_request.* (default: all)", commaList)
    .option("--disabled", "answer 404");
  endpoints
    .one(
      "rotate",
      "give an endpoint a new secret; the one so far is valid beside it for a while",
      async (api, name, { secret, overlap }: RotateOptions) =>
        api.rotate(name, {
          secret: await readSecret(secret, process.stdin),
          ...(overlap !== undefined && { overlap }),
        }),
      showItem(ENDPOINT),
    )
    .requiredOption("--secret <secret>", SECRET)
    .option("--overlap <duration>", "for how long; 0 ends it at once (default: 24h)", duration);
  endpoints.one(
    "rejections",
    "what an endpoint has refused of late, the newest first",
    (api, name) => api.rejections(name),
    showItems(REJECTION),
  );
  endpoints.end("delete", "delete endpoints: their addresses answer 404, for good", {
    find: (api, name) => api.get(name),
    run: (api, name) => api.delete(name),
    asks: (what) => `Delete ${what}? What providers send to the address is lost, and a new one has another address.`,
    done: "deleted",
  });
}

async function requestOf({ provider, scheme, secret, type, queue, priority, events, disabled }: SetOptions) {
  if (scheme === "-" && secret === "-")
    throw usageError("--scheme and --secret cannot both be read from standard input");
  return {
    type,
    ...(provider !== undefined && { provider }),
    ...(scheme !== undefined && { scheme: (await readPayload(scheme, process.stdin)) as object }),
    ...(secret !== undefined && { secret: await readSecret(secret, process.stdin) }),
    ...(queue !== undefined && { queue }),
    ...(priority !== undefined && { priority }),
    ...(events !== undefined && { events }),
    ...(disabled !== undefined && { disabled }),
  };
}
