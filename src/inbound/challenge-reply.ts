import { parsePointer } from "./field.ts";
import type { Challenge } from "./scheme.ts";
import { render } from "./template.ts";
import type { RequestReader } from "./webhook-request.ts";

/** What a provider is answered that only asks whether the endpoint is there. It is no delivery. */
export interface ChallengeReply {
  readonly kind: "challenge";
  readonly reply: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    /** Null: none. */
    readonly body: string | null;
  };
}

const LONGEST_REPLY = 1_000;

/** The reply to the first challenge that a request is, or null when it is none. */
export function challengeReply(challenges: readonly Challenge[], reader: RequestReader): ChallengeReply | null {
  for (const { when, reply } of challenges) {
    const isMet = Object.entries(when).every(
      ([pointer, expected]) => (reader.value(parsePointer(pointer)) ?? null) === expected,
    );
    if (!isMet) continue;
    const answer = answered(reply, reader);
    if (answer !== null) return { kind: "challenge", reply: { status: reply.status, ...answer } };
  }
  return null;
}

/** Null when the request does not have what the reply is made of. */
function answered({ text, json }: Challenge["reply"], reader: RequestReader) {
  if (json !== undefined) return { headers: { "content-type": "application/json" }, body: JSON.stringify(json) };
  // Never as HTML: the sender chooses the text.
  const headers = { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" };
  if (text === undefined) return { headers, body: null };
  const body = render(text, (field) => reader.field(field));
  return body === null || body.length > LONGEST_REPLY ? null : { headers, body };
}
