import type { Command } from "commander";
import type { DisabledReceiverView } from "../../protocol/disabled-receivers.ts";
import { connect } from "../connection.ts";
import { type ItemView, showItems, timeText } from "../item-view.ts";
import { addResource } from "../resource.ts";
import { colors, printJson } from "../terminal.ts";

const NOUNS = ["disabled receiver", "disabled receivers"] as const;

const RECEIVER: ItemView<DisabledReceiverView> = {
  nouns: NOUNS,
  columns: [
    { name: "since", text: ({ disabledAt }) => timeText(disabledAt) },
    { name: "job", text: ({ jobId }) => jobId },
    { name: "url", text: ({ url }) => url },
  ],
};

/** `sluice disabled-receivers`: who has answered 410 to a callback, and is sent none any more. */
export function addDisabledReceivers(program: Command): void {
  const receivers = addResource(program, {
    name: "disabled-receivers",
    description: "receivers of callbacks that have answered 410: nothing more is sent to them",
    nouns: NOUNS,
    subject: ["url", "the receiver's URL, as the list shows it"],
    connect: async (command) => (await connect(command)).disabledReceivers,
  });
  receivers.all("list", "all of them, the latest first", (api) => api.list(), showItems(RECEIVER));
  receivers.one(
    "enable",
    "send callbacks to it again",
    async (api, url) => {
      await api.enable(url);
      return { url, enabled: true };
    },
    (enabled, { json }) => {
      if (json) printJson(enabled);
      else console.log(`${colors.green("✔")} callbacks are sent to ${enabled.url} again`);
    },
  );
}
