import { type Client, createClient, SluiceError } from "../../client/client.ts";
import type { OpenStream } from "../../client/live-events.ts";
import { retryingFetch, type Transport } from "../../client/retrying-fetch.ts";
import type { JobTypes } from "../../protocol/jobs-api.ts";
import { key, signOut } from "./session.ts";

/** A poll that fails is told, and made again by the next one. */
const ONCE: Transport = {
  fetch: (request) => fetch(request),
  retry: { attempts: 1, maxElapsedMs: 0, baseMs: 250, capMs: 250 },
};
const READ_MS = 8_000;
const CHANGE_TRIES = 3;

// In a variable, so that the build leaves it alone.
const script = import.meta.url;
/** Where the API is: this script is two folders below. */
const API = new URL("../..", script).href.replace(/\/$/, "");
/** Below which the pages are. */
export const PAGES = new URL("..", script).pathname.replace(/\/$/, "");

/** The typed client with the key that is signed in: for what changes something. */
export function api(): Client<JobTypes> {
  return createClient({ url: API, key: key.value ?? "", retry: { attempts: CHANGE_TRIES } });
}

/** Reads one answer, once: @throws SluiceError */
export async function read<Answer>(
  path: string,
  query: Readonly<Record<string, string | undefined>> = {},
): Promise<Answer> {
  try {
    return await readWith<Answer>(key.value ?? "", path, query);
  } catch (error) {
    if (error instanceof SluiceError && error.status === 401) signOut("The key is no longer valid.");
    throw error;
  }
}

/** As {@link read}, with a key that is not signed in. */
export function readWith<Answer>(
  secret: string,
  path: string,
  query: Readonly<Record<string, string | undefined>> = {},
): Promise<Answer> {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const search = given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`;
  return retryingFetch<Answer>(
    ONCE,
    {
      url: `${API}${path}${search}`,
      init: { headers: { Authorization: `Bearer ${secret}` } },
      read: (response) => response.json() as Promise<Answer>,
    },
    READ_MS,
  );
}

/** Opens a stream, once: @throws SluiceError */
export const openStream: OpenStream = (path, headers, signal) =>
  retryingFetch(
    ONCE,
    {
      url: `${API}${path}`,
      init: { headers: { ...headers, Authorization: `Bearer ${key.value}` } },
      read: async ({ body }) => body,
    },
    null,
    signal,
  );
