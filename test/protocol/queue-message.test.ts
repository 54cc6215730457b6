import { describe, expect, it } from "vitest";
import { queueMessageSchema } from "../../src/protocol/queue-message.ts";

const message = { v: 1, tenantId: "acme", jobIds: ["a", "b"] };

describe("queueMessageSchema", () => {
  it("takes a message of ours", () => {
    expect(queueMessageSchema.parse(message)).toEqual(message);
  });

  it.each([
    ["nothing", undefined],
    ["null", null],
    ["a string", "acme"],
    ["the message as JSON text", JSON.stringify(message)],
    ["a list", [message]],
    ["another version", { ...message, v: 2 }],
    ["no version", { tenantId: "acme", jobIds: ["a"] }],
    ["a version as text", { ...message, v: "1" }],
    ["no tenant", { v: 1, jobIds: ["a"] }],
    ["a tenant without a name", { ...message, tenantId: "" }],
    ["no jobs", { ...message, jobIds: [] }],
    ["a job that is no id", { ...message, jobIds: [1] }],
    ["a job without an id", { ...message, jobIds: [""] }],
    ["jobs that are no list", { ...message, jobIds: "a" }],
    ["more jobs than a message carries", { ...message, jobIds: Array.from({ length: 21 }, (_, n) => `job-${n}`) }],
  ])("refuses %s", (_, body) => {
    expect(queueMessageSchema.safeParse(body).success).toBe(false);
  });

  it("takes as many jobs as a message carries", () => {
    const jobIds = Array.from({ length: 20 }, (_, n) => `job-${n}`);
    expect(queueMessageSchema.safeParse({ ...message, jobIds }).success).toBe(true);
  });
});
