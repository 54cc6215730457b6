import { defineHandler } from "sluice";
import { z } from "zod";

export const greet = defineHandler({
  type: "greet",
  input: z.object({ name: z.string() }),
  run: async ({ name }) => `hello ${name}`,
});
