import { expect, it } from "vitest";
import { secretIn } from "../support/logs/known-secrets.ts";

it.each([
  '{"message":"no such key slk_test_0123456789abcdef01"}',
  "Authorization: Bearer slk_a_7Nww62J8OhcytlZGuTjSVHxA2gQFTWuD",
  "signed with whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==",
])("a secret is found in %s", (text) => {
  expect(secretIn(text)).not.toBeNull();
});

it.each(["slk_…", "Bearer slk_", "whsec_ and base64", "a job failed", "slr_"])("no secret is found in %s", (text) => {
  expect(secretIn(text)).toBeNull();
});
