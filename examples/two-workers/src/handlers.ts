import { defineHandler } from "sluice";
import { httpRequest } from "sluice/handlers/http";
import { z } from "zod";

export const greet = defineHandler({
  type: "greet",
  input: z.object({ name: z.string() }),
  run: async ({ name }) => `hello ${name}`,
});

/** Both Workers know them: the API checks payloads, the consumer runs jobs. */
export const handlers = [greet, httpRequest];
