import { holdIn } from "./hold.ts";

holdIn("limits of queues");
