import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { PRESETS } from "../../../src/inbound/presets.ts";
import { REJECTION_CAUSES } from "../../../src/inbound/rejection.ts";
import { schemeSchema } from "../../../src/inbound/scheme.ts";
import { verifyWebhook } from "../../../src/inbound/verify-webhook.ts";
import { fieldErrors } from "../../../src/protocol/field-errors.ts";
import { requestOf } from "../requests.ts";

const proof = { kind: "hmac", hash: "sha256", header: "X-Signature", encoding: "hex", content: "{timestamp}.{body}" };
const timestamp = { field: "header:x-time", unit: "s" };

function problems(scheme: unknown): string[] {
  const parsed = schemeSchema.safeParse(scheme);
  return parsed.success ? [] : fieldErrors(parsed.error).map(({ pointer, detail }) => `${pointer} ${detail}`);
}

describe("a scheme", () => {
  it("is taken with its defaults: five minutes, a secret that is text, headers in any case", () => {
    expect(schemeSchema.parse({ proof, timestamp })).toEqual({
      proof: { ...proof, header: "x-signature", secret: { encoding: "text" } },
      timestamp: { ...timestamp, tolerance: 300_000 },
      deliveryId: [],
      event: [],
      challenges: [],
    });
  });

  it.each([
    [{}, '#/proof must have as kind "hmac", "ed25519", "ecdsa", "rsa", "token" or "basic"'],
    [
      { proof: { kind: "md5" } },
      '#/proof/kind must have as kind "hmac", "ed25519", "ecdsa", "rsa", "token" or "basic"',
    ],
    [{ proof: { ...proof, header: "x signature" }, timestamp }, "#/proof/header is not a header's name"],
    [{ proof: { ...proof, content: "{timestamp}" }, timestamp }, "#/proof/content does not sign the body"],
    [{ proof: { ...proof, content: "{url}{form}" } }, "#/proof/content does not sign the body"],
    [{ proof: { ...proof, content: "{body" } }, "#/proof/content has a brace that stands around no placeholder"],
    [{ proof: { ...proof, content: "{body}{secret}" } }, "#/proof/content does not know {secret}: write one of {body}"],
    [{ proof: { ...proof, content: "{body}{header:}" } }, "#/proof/content does not know {header:}"],
    [{ proof }, "#/timestamp is missing: content has {timestamp}"],
    [{ proof: { ...proof, content: "{body}" }, timestamp }, "#/timestamp is not signed: content must have {timestamp}"],
    [
      { proof, timestamp: { ...timestamp, field: "body:/at" } },
      "#/proof/content has {timestamp}, which is in the body",
    ],
    [
      { proof, timestamp: { ...timestamp, field: "x-time" } },
      "#/timestamp/field must be header:name or part:name or body:/",
    ],
    [{ proof, timestamp: { ...timestamp, field: "part:t" } }, "#/proof has no split, so that there is no part:t"],
    [{ proof, timestamp: { ...timestamp, tolerance: "2d" } }, "#/timestamp/tolerance must be 10 seconds to 24 hours"],
    [{ proof, timestamp: { ...timestamp, tolerance: 1 } }, "#/timestamp/tolerance must be 10 seconds to 24 hours"],
    [
      { proof: { ...proof, content: "{body}" }, bodyDigest: "query:d" },
      "#/bodyDigest is not signed: content must have {url}",
    ],
    [{ proof: { kind: "basic" }, timestamp }, "#/timestamp means nothing: this kind of proof signs nothing"],
    [{ proof: { kind: "token", field: "body:/token" } }, "#/proof/field must be header:name or query:name"],
    [{ proof: { kind: "basic" }, event: ["{part:x}"] }, "#/proof has no split, so that there is no part:x"],
    [{ proof: { kind: "basic" }, event: ["{bodySha256}"] }, "#/event/0 does not know {bodySha256}"],
    [{ proof: { kind: "basic" }, deliveryId: ["{body:id}"] }, "#/deliveryId/0 does not know {body:id}"],
    [{ proof: { kind: "basic" }, deliverId: [] }, "#/deliverId unknown field"],
  ])("is refused, and told why: %j", (scheme, problem) => {
    expect(problems(scheme).join("\n")).toContain(problem);
  });

  it.each([
    [{ when: {}, reply: {} }, "must ask for something that is there"],
    [{ when: { "/type": null }, reply: {} }, "must ask for something that is there"],
    [{ when: { type: 1 }, reply: {} }, 'must be a JSON pointer, as "/type"'],
    [{ when: { "/type": 1 }, reply: { text: "a", json: 1 } }, "must be text or json, not both"],
    [{ when: { "/type": 1 }, reply: { status: 204, json: {} } }, "cannot have a body with this status"],
    [{ when: { "/type": 1 }, reply: { status: 302 } }, "reply/status"],
    [{ when: { "/type": 1 }, reply: { json: "l".repeat(1_001) } }, "must be at most 1000 characters"],
  ])("is refused with a challenge as %j", (challenge, problem) => {
    expect(problems({ proof: { kind: "basic" }, challenges: [challenge] }).join("\n")).toContain(problem);
  });

  it("has caps", () => {
    const many = Array.from({ length: 6 }, () => "{header:x-id}");
    expect(problems({ proof: { kind: "basic" }, deliveryId: many })).toHaveLength(1);
    expect(problems({ proof: { kind: "basic" }, event: ["l".repeat(301)] })).toHaveLength(1);
    expect(problems({ proof: { kind: "basic" }, event: [`{header:${"l".repeat(200)}}`] })).toHaveLength(1);
  });
});

describe("docs/webhooks.md", () => {
  const page = readFileSync("docs/webhooks.md", "utf8");

  it("has every preset and every cause of a rejection", () => {
    const rows = page.split("\n").filter((line) => line.startsWith("| `"));
    const named = rows.flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`([\w-]+)`/g)].map(([, name]) => name));
    expect(named).toEqual(expect.arrayContaining([...Object.keys(PRESETS), ...REJECTION_CAUSES]));
  });

  it("has a scheme that is one, and verifies what the page says", async () => {
    const scheme = schemeSchema.parse(JSON.parse(/```json\n([\s\S]*?)```/.exec(page)?.[1] ?? ""));
    const body = '{"event":"parcel.delivered","parcel":7}';
    const signed = createHmac("sha512", "k3y").update(`1700000000\nd-17\n${body}`).digest("base64");
    const headers = { "X-Acme-Signature": `at=1700000000;sig=${signed}`, "X-Acme-Delivery": "d-17" };
    const verified = await verifyWebhook(scheme, ["k3y"], requestOf({ headers, body }), 1_700_000_600_000);
    expect(verified).toMatchObject({ kind: "verified", deliveryId: "d-17", event: "parcel.delivered" });
  });
});
