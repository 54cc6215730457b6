import type { Command } from "commander";
import type { Duration } from "../../domain/duration.ts";
import type { SigningSecretView } from "../../protocol/signing-secret-view.ts";
import { connect } from "../connection.ts";
import { type ItemView, showItems, timeText } from "../item-view.ts";
import { duration } from "../option-parsers.ts";
import { addResource } from "../resource.ts";

const NOUNS = ["signing secret", "signing secrets"] as const;

const SECRET: ItemView<SigningSecretView> = {
  nouns: NOUNS,
  columns: [
    { name: "secret", text: ({ secret }) => secret },
    { name: "public key", text: ({ publicKey }) => publicKey ?? "" },
    { name: "signs until", text: ({ expiresAt }) => timeText(expiresAt) },
  ],
};

/** `sluice signing-secrets`: what a receiver of deliveries verifies with. */
export function addSigningSecrets(program: Command): void {
  const secrets = addResource(program, {
    name: "signing-secrets",
    description: "the secrets that sign what jobs deliver, shown in full: receivers verify with them",
    nouns: NOUNS,
    subject: ["id", "the secret's id"],
    connect: async (command) => (await connect(command)).signingSecrets,
  });
  secrets.all("list", "all that sign at present, newest first", (api) => api.list(), showItems(SECRET));
  secrets
    .all(
      "rotate",
      "make a new one; those so far go on signing beside it for a while",
      (api, { overlap }: { readonly overlap?: Duration }) => api.rotate(overlap === undefined ? {} : { overlap }),
      showItems(SECRET),
    )
    .option("--overlap <duration>", "for how long; 0 stops them at once (default: 24h)", duration);
}
