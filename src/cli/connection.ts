import { join } from "node:path";
import type { Command } from "commander";
import { type Client, createClient, createOperatorClient, type TenantsClient } from "../client/client.ts";
import { DEFAULT_CLIENT_RETRY, type Transport } from "../client/retrying-fetch.ts";
import { isApiKey } from "../protocol/api-key.ts";
import type { JobTypes } from "../protocol/jobs-api.ts";
import { type CliError, usageError } from "./cli-error.ts";
import { readLocalKeys, readOperatorToken } from "./local-keys.ts";
import { reachingFetch } from "./reaching-fetch.ts";

/** The options that every command takes. */
export interface GlobalOptions {
  readonly url?: string;
  readonly key?: string;
  readonly json?: boolean;
}

/** Of the commands that call the operator API. */
export interface OperatorOptions extends GlobalOptions {
  readonly token?: string;
}

/** The option as commander takes it. */
export const TOKEN_OPTION = [
  "--token <token>",
  "the operator's token (default: $SLUICE_ADMIN_TOKEN, else on this machine the one that `sluice dev` keeps)",
] as const;

/** Where the API is, and as whom it is called. */
export interface Connection extends Client<JobTypes> {
  readonly url: string;
  readonly key: string;
  readonly transport: Transport;
}

const DEFAULT_URL = "http://127.0.0.1:8787";
/** The tenant whose key is taken on this machine. */
export const LOCAL_TENANT = "demo";

/**
 * How a command calls the API.
 * @throws CliError when there is no key, or something that cannot be one
 */
export async function connect(command: Command): Promise<Connection> {
  const options = command.optsWithGlobals<GlobalOptions>();
  const url = urlOf(options);
  const key = options.key ?? (process.env.SLUICE_KEY || (isLoopback(url) ? await localKey() : undefined));
  if (key === undefined) throw noKey(url);
  return connectTo(url, key);
}

/**
 * How a command calls the operator API.
 * @throws CliError when there is no token
 */
export async function connectOperator(command: Command): Promise<TenantsClient> {
  const options = command.optsWithGlobals<OperatorOptions>();
  const url = urlOf(options);
  const kept = () => (isLoopback(url) ? readOperatorToken(localState()) : undefined);
  const token = options.token ?? (process.env.SLUICE_ADMIN_TOKEN || (await kept()));
  if (token === undefined) {
    throw usageError(`there is no operator's token for ${url}: set SLUICE_ADMIN_TOKEN or give --token`);
  }
  return createOperatorClient({ url, token, ...transportTo(url) }).tenants;
}

/**
 * The API there, called with this key.
 * @throws CliError when it cannot be a key
 */
export function connectTo(url: string, key: string): Connection {
  // Not quoted: a key that was mistyped is still nearly one.
  if (!isApiKey(key)) throw usageError("that is no API key: one is slk_ and at least 16 letters, digits, _ or -");
  const transport = transportTo(url);
  return { url, key, transport, ...createClient<JobTypes>({ url, key, ...transport }) };
}

/** How requests are sent there, and how often. */
export function transportTo(url: string): Transport {
  const local = isLoopback(url);
  // What does not answer on this machine most likely does not run: patience would only hide that.
  const retry = local ? { ...DEFAULT_CLIENT_RETRY, attempts: 3 } : DEFAULT_CLIENT_RETRY;
  return { fetch: reachingFetch(url, local), retry };
}

/**
 * A URL below which the API is, without a slash at its end.
 * @throws CliError when it is none
 */
export function parseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const usable =
    url !== null && /^https?:$/.test(url.protocol) && url.username + url.password + url.search + url.hash === "";
  // Not quoted either: it may hold a password.
  if (!usable) throw usageError("that is no URL of Sluice: https://sluice.acme.workers.dev is one");
  return url.href.replace(/\/+$/, "");
}

function isLoopback(url: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);
}

function urlOf({ url }: GlobalOptions): string {
  return parseUrl(url ?? (process.env.SLUICE_URL || DEFAULT_URL));
}

async function localKey(): Promise<string | undefined> {
  return (await readLocalKeys(localState()))[LOCAL_TENANT];
}

function localState(): string {
  return join(process.cwd(), ".wrangler", "state");
}

function noKey(url: string): CliError {
  const advice = isLoopback(url)
    ? "; run this in the project's directory to use the key that `sluice dev` keeps there"
    : "; `sluice init` makes one";
  return usageError(`there is no API key for ${url}: set SLUICE_KEY or give --key${advice}`);
}
