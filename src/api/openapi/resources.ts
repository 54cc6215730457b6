import type { Operation, Resource } from "./operation.ts";
import { alerts } from "./operations/alerts.ts";
import { blobs } from "./operations/blobs.ts";
import { disabledReceivers } from "./operations/disabled-receivers.ts";
import { endpoints } from "./operations/endpoints.ts";
import { events } from "./operations/events.ts";
import { groups } from "./operations/groups.ts";
import { inbound } from "./operations/inbound.ts";
import { jobs } from "./operations/jobs.ts";
import { keys } from "./operations/keys.ts";
import { cancellations, replays } from "./operations/plans.ts";
import { queues } from "./operations/queues.ts";
import { schedules } from "./operations/schedules.ts";
import { service } from "./operations/service.ts";
import { signingSecrets } from "./operations/signing-secrets.ts";
import { stats } from "./operations/stats.ts";
import { tenants } from "./operations/tenants.ts";

/** All that the API has, in the order of the reference. */
export const RESOURCES: readonly Resource[] = [
  jobs,
  groups,
  events,
  schedules,
  queues,
  stats,
  alerts,
  blobs,
  replays,
  cancellations,
  endpoints,
  inbound,
  disabledReceivers,
  signingSecrets,
  keys,
  tenants,
  service,
];

/** The operation of each route, by its name. */
export const OPERATIONS: Readonly<Record<string, Operation>> = Object.assign(
  {},
  ...RESOURCES.map(({ operations }) => operations),
);
