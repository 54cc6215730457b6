import { serviceHandler } from "sluice/handlers/service";
import { z } from "zod";

export const handlers = [
  serviceHandler({
    type: "receipt",
    input: z.object({ order: z.string(), cents: z.int() }),
    result: z.string(),
    binding: "SHOP",
  }),
];
