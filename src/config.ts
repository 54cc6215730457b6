import { z } from "zod";
import { type SecretKeys, secretKeysSchema } from "./protocol/secret-keys.ts";

const DAY_MS = 86_400_000;

const milliseconds = (fallback: number, least = 1) => z.coerce.number().int().min(least).default(fallback);
const count = (fallback: number) => z.coerce.number().int().min(1).default(fallback);
const list = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((text) =>
      text
        .split(",")
        .map((item) => item.trim())
        .filter((item) => item !== ""),
    );

const isOrigin = (text: string) =>
  URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text;

const settings = z.object({
  /** Admitted jobs per second and tenant. */
  SLUICE_RATE: count(1_000),
  /** Jobs that a tenant may enqueue at once after a pause. */
  SLUICE_BURST: count(2_000),
  /** Unfinished jobs of a tenant that are not in the Queue and not running. */
  SLUICE_BACKLOG: count(100_000),
  /** Jobs of a tenant in the Queue or running. */
  SLUICE_CONCURRENCY: count(100),
  /** A tenant with at most so many jobs in the Queue or running has its jobs carried by the express Queue; 0: none has. */
  SLUICE_EXPRESS_SLOTS: z.coerce.number().int().min(0).default(20),
  /** A released job that nobody claimed is sent again after this time, doubled each time. */
  SLUICE_PICKUP_WINDOW_MS: milliseconds(60_000),
  /** A claimed job that has not started within this time is handed back; its lease is its timeout plus this. */
  SLUICE_LEASE_GRACE_MS: milliseconds(30_000),
  /** A job is `failed` when its Worker died this often while it ran alone. */
  SLUICE_CRASH_LIMIT: z.coerce.number().int().min(2).max(10).default(3),
  /** An insert may commit this long after it was begun, and not later. */
  SLUICE_WRITE_DEADLINE_MS: milliseconds(5_000, 100),
  /** Every other D1 call is given up after this time. */
  SLUICE_READ_DEADLINE_MS: milliseconds(5_000, 100),
  /** Jobs that one consumer batch runs at a time. An invocation may have six connections that wait for headers. */
  SLUICE_HANDLER_CONCURRENCY: count(6),
  /** For one payload or result. */
  SLUICE_MAX_PAYLOAD_BYTES: z.coerce.number().int().min(1_024).max(25_000_000).default(5_000_000),
  /** For one blob. */
  SLUICE_MAX_BLOB_BYTES: z.coerce.number().int().min(1_024).max(500_000_000).default(100_000_000),
  /** Content types of uploads: exact, or a whole family as "image/*". */
  SLUICE_BLOB_TYPES: list(
    "image/*, audio/*, video/*, text/csv, text/plain, application/json, application/pdf, application/zip, application/gzip, application/octet-stream",
  ),
  /** Finished jobs are kept for so many days. */
  SLUICE_RETENTION_DAYS: z.coerce.number().min(1).max(3_650).default(30),
  /** The Queue that delivers one message at a time, by its name. */
  SLUICE_ISOLATED_QUEUE: z.string().default("sluice-isolated"),
  /** How long an isolate trusts what it knows of an API key or of signing secrets. */
  SLUICE_KEY_CACHE_MS: z.coerce.number().int().min(0).max(30_000).default(30_000),
  /** "all": a line in the log for each enqueue and each attempt; otherwise for attempts that fail. */
  SLUICE_LOG_JOBS: z.enum(["failures", "all"]).default("failures"),
  /** `keyId:base64 of 32 bytes`, separated by commas: the first seals secrets and signs tokens, all open and verify. */
  SLUICE_SECRET_KEYS: secretKeysSchema.default(null),
  /** The operator's secret. The operator API is off without a strong one. */
  SLUICE_ADMIN_TOKEN: z.string().optional(),
  /** Origins whose pages browsers let call the API; none by default. */
  SLUICE_CORS_ORIGINS: list("").refine((origins) => origins.every(isOrigin), {
    message: 'must be origins such as "https://app.example.com", separated by commas',
  }),
  /** For local development: loopback addresses, as "host:port, …", that `http.request` may call. */
  SLUICE_ALLOW_LOOPBACK: list(""),
});

/** The settings of a deployment, in milliseconds, jobs and bytes. */
export interface Config {
  readonly limits: TenantLimits;
  readonly expressSlots: number;
  readonly pickupWindowMs: number;
  readonly leaseGraceMs: number;
  readonly crashLimit: number;
  readonly writeDeadlineMs: number;
  readonly readDeadlineMs: number;
  readonly handlerConcurrency: number;
  readonly maxPayloadBytes: number;
  readonly maxBlobBytes: number;
  readonly blobTypes: readonly string[];
  readonly retentionMs: number;
  readonly isolatedQueue: string;
  readonly keyCacheMs: number;
  readonly logAttempts: boolean;
  readonly allowLoopback: readonly string[];
  /** Null when the deployment has none. */
  readonly secretKeys: SecretKeys | null;
  /** Null when there is none. Whether it is strong enough is for who uses it to ask, see {@link isStrongToken}. */
  readonly adminToken: string | null;
  readonly corsOrigins: readonly string[];
}

/** What a tenant may do; a tenant's own row overrides the deployment's defaults. */
export interface TenantLimits {
  readonly rate: number;
  readonly burst: number;
  readonly backlog: number;
  readonly concurrency: number;
}

const configs = new WeakMap<object, Config>();

/** At least 32 characters, and not the same few again and again. */
export function isStrongToken(token: string): boolean {
  return token.length >= 32 && new Set(token).size >= 10;
}

/**
 * Reads and checks the settings in a Worker's vars.
 * @throws Error that names each setting that is out of its range.
 */
export function readConfig(env: object): Config {
  const known = configs.get(env);
  if (known) return known;
  const parsed = settings.safeParse(env);
  if (!parsed.success) throw new Error(`Sluice is misconfigured: ${z.prettifyError(parsed.error)}`);
  const vars = parsed.data;
  const config: Config = Object.freeze({
    limits: Object.freeze({
      rate: vars.SLUICE_RATE,
      burst: vars.SLUICE_BURST,
      backlog: vars.SLUICE_BACKLOG,
      concurrency: vars.SLUICE_CONCURRENCY,
    }),
    expressSlots: vars.SLUICE_EXPRESS_SLOTS,
    pickupWindowMs: vars.SLUICE_PICKUP_WINDOW_MS,
    leaseGraceMs: vars.SLUICE_LEASE_GRACE_MS,
    crashLimit: vars.SLUICE_CRASH_LIMIT,
    writeDeadlineMs: vars.SLUICE_WRITE_DEADLINE_MS,
    readDeadlineMs: vars.SLUICE_READ_DEADLINE_MS,
    handlerConcurrency: vars.SLUICE_HANDLER_CONCURRENCY,
    maxPayloadBytes: vars.SLUICE_MAX_PAYLOAD_BYTES,
    maxBlobBytes: vars.SLUICE_MAX_BLOB_BYTES,
    blobTypes: Object.freeze(vars.SLUICE_BLOB_TYPES),
    retentionMs: vars.SLUICE_RETENTION_DAYS * DAY_MS,
    isolatedQueue: vars.SLUICE_ISOLATED_QUEUE,
    keyCacheMs: vars.SLUICE_KEY_CACHE_MS,
    logAttempts: vars.SLUICE_LOG_JOBS === "all",
    adminToken: vars.SLUICE_ADMIN_TOKEN ?? null,
    corsOrigins: Object.freeze(vars.SLUICE_CORS_ORIGINS),
    allowLoopback: Object.freeze(vars.SLUICE_ALLOW_LOOPBACK),
    secretKeys: vars.SLUICE_SECRET_KEYS,
  });
  configs.set(env, config);
  return config;
}
