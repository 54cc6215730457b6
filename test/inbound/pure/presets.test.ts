import examples from "@octokit/webhooks-examples";
import { sign as signAsGithub } from "@octokit/webhooks-methods";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PRESETS, presetScheme } from "../../../src/inbound/presets.ts";
import type { Scheme } from "../../../src/inbound/scheme.ts";
import { secretProblem } from "../../../src/inbound/secret.ts";
import { verifyWebhook } from "../../../src/inbound/verify-webhook.ts";
import { PUBLISHED_SAMPLES, type Sample } from "../published-samples.ts";
import { requestOf } from "../requests.ts";
import { LIBRARY_SAMPLES } from "./library-samples.ts";

const SAMPLES = [...PUBLISHED_SAMPLES, ...LIBRARY_SAMPLES].map((sample, at) => ({
  ...sample,
  name: `${sample.preset} ${at}`,
}));
/** A token names the sender, and signs nothing. */
const SIGN_NOTHING = ["gitlab"];
const WITHOUT_TIMESTAMP = ["github", "shopify", "gitlab", "twilio"];

describe.each(SAMPLES)("a webhook by $name", (sample) => {
  const scheme = schemeOf(sample);
  // Not skipped but not there: of a provider that signs nothing, or no time, there is nothing to show.
  const signed = SIGN_NOTHING.includes(sample.preset) ? () => undefined : it;
  const timed = WITHOUT_TIMESTAMP.includes(sample.preset) ? () => undefined : it;
  const refused = async (changed: Partial<Sample>): Promise<boolean> => {
    const { kind } = await verifyWebhook(scheme, [sample.secret], requestOf({ ...sample, ...changed }), sample.at);
    return kind === "rejected";
  };

  it("is accepted as its provider signed it", async () => {
    const verified = await verifyWebhook(scheme, [sample.secret], requestOf(sample), sample.at);
    const { deliveryId, event } = sample;
    const timestamp = WITHOUT_TIMESTAMP.includes(sample.preset) ? null : sample.at;
    expect(verified).toEqual({ kind: "verified", deliveryId, event, timestamp });
  });

  signed("is refused with any one bit flipped in its body", async () => {
    await forAnyBit(sample.body, async (body) => {
      fc.pre(isAnotherForm(sample, body));
      expect(await refused({ body })).toBe(true);
    });
  });

  it("is refused with any one bit flipped in its signature's header", async () => {
    const header = proofHeader(scheme);
    await forAnyBit(sample.headers[header] ?? "", async (value) => {
      fc.pre(isHeaderValue(value));
      expect(await refused({ headers: { ...sample.headers, [header]: value } })).toBe(true);
    });
  });

  timed("is refused with any one bit flipped in its timestamp", async () => {
    const found = withTimestamp(sample, scheme);
    await forAnyBit(found.timestamp, async (timestamp) => {
      fc.pre(isHeaderValue(timestamp));
      expect(await refused(found.replaced(timestamp))).toBe(true);
    });
  });

  it("is refused with any one bit flipped in its secret, or another secret", async () => {
    const accepts = async (secret: string) =>
      (await secretProblem(scheme, secret)) === null &&
      (await verifyWebhook(scheme, [secret], requestOf(sample), sample.at)).kind !== "rejected";
    expect(await accepts(sample.secret)).toBe(true);
    expect(await accepts(sample.otherSecret)).toBe(false);
    await forAnyBit(sample.secret, async (secret) => expect(await accepts(secret)).toBe(false));
  });

  it("is accepted while its secret is rotated, whichever of the two it was signed with", async () => {
    for (const secrets of [
      [sample.otherSecret, sample.secret],
      [sample.secret, sample.otherSecret],
    ]) {
      expect(await verifyWebhook(scheme, secrets, requestOf(sample), sample.at)).toMatchObject({ kind: "verified" });
    }
    const result = await verifyWebhook(scheme, [sample.otherSecret], requestOf(sample), sample.at);
    expect(result).toEqual({ kind: "rejected", cause: "signature_mismatch" });
  });

  timed("is accepted up to five minutes before and after its time", async () => {
    const at = (now: number) => verifyWebhook(scheme, [sample.secret], requestOf(sample), now);
    expect(await at(sample.at - 300_000)).toMatchObject({ kind: "verified" });
    expect(await at(sample.at + 300_000)).toMatchObject({ kind: "verified" });
    for (const now of [sample.at - 300_001, sample.at + 300_001]) {
      expect(await at(now)).toEqual({ kind: "rejected", cause: "timestamp_out_of_tolerance" });
    }
  });

  it("is refused without its signature", async () => {
    const { [proofHeader(scheme)]: _, ...headers } = sample.headers;
    const result = await verifyWebhook(scheme, [sample.secret], requestOf({ ...sample, headers }), sample.at);
    expect(result).toEqual({ kind: "rejected", cause: "signature_missing" });
  });
});

describe("the presets", () => {
  it("are each verified with a sample that this project has not signed by its own code", () => {
    expect([...new Set(SAMPLES.map((sample) => sample.preset))].toSorted()).toEqual(Object.keys(PRESETS).toSorted());
  });

  it("have a timestamp, but for those whose provider sends none", () => {
    const without = Object.keys(PRESETS).filter((name) => presetScheme(name)?.timestamp === undefined);
    expect(without.toSorted()).toEqual(WITHOUT_TIMESTAMP.toSorted());
  });

  it("are none for a name that is not theirs", () => {
    expect(presetScheme("toString")).toBeNull();
    expect(presetScheme("github2")).toBeNull();
  });
});

describe("GitHub's own example payloads", () => {
  it("are all accepted as @octokit/webhooks-methods signs them", async () => {
    const scheme = presetScheme("github")!;
    let accepted = 0;
    for (const { name, examples: payloads } of examples) {
      for (const payload of payloads) {
        const body = JSON.stringify(payload);
        const headers = { "x-hub-signature-256": await signAsGithub("s3cret", body), "x-github-event": name };
        const result = await verifyWebhook(scheme, ["s3cret"], requestOf({ body, headers }), 0);
        const event = "action" in payload && payload.action ? `${name}.${payload.action}` : name;
        expect(result).toMatchObject({ kind: "verified", event });
        accepted++;
      }
    }
    expect(accepted).toBeGreaterThan(300);
  });
});

function schemeOf({ preset }: Sample): Scheme {
  return presetScheme(preset)!;
}

function proofHeader({ proof }: Scheme): string {
  return proof.kind === "token"
    ? proof.field.slice("header:".length)
    : proof.kind === "basic"
      ? "authorization"
      : proof.header;
}

/** Every bit of a short text, and hundreds of a long one. */
async function forAnyBit(text: string, check: (flipped: string) => Promise<void>): Promise<void> {
  const bit = fc.record({ at: fc.nat(text.length - 1), bit: fc.nat(6) });
  await fc.assert(
    fc.asyncProperty(bit, async ({ at, bit }) => {
      const flipped = String.fromCharCode(text.charCodeAt(at) ^ (1 << bit));
      await check(text.slice(0, at) + flipped + text.slice(at + 1));
    }),
    { numRuns: 300 },
  );
}

/** Whether a header can hold it as it is. */
function isHeaderValue(text: string): boolean {
  return /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text);
}

/** Twilio signs what a form says, not how it is written: `%2b` is `%2B`. */
function isAnotherForm(sample: Sample, body: string): boolean {
  if (sample.preset !== "twilio" || !sample.headers["content-type"]?.includes("form")) return true;
  const said = (form: string) => JSON.stringify([...new Set([...new URLSearchParams(form)].map(String))].toSorted());
  return said(body) !== said(sample.body);
}

interface FoundTimestamp {
  readonly timestamp: string;
  replaced(by: string): Partial<Sample>;
}

function withTimestamp(sample: Sample, scheme: Scheme): FoundTimestamp {
  const [from = "", name = ""] = scheme.timestamp?.field.split(":") ?? [];
  if (from === "body") {
    const timestamp = String(sample.at);
    return { timestamp, replaced: (by) => ({ body: sample.body.replace(timestamp, by) }) };
  }
  const header = from === "header" ? name : proofHeader(scheme);
  const timestamp = String(sample.at / 1_000);
  const value = sample.headers[header] ?? "";
  expect(value).toContain(timestamp);
  return {
    timestamp,
    replaced: (by) => ({ headers: { ...sample.headers, [header]: value.replace(timestamp, by) } }),
  };
}
