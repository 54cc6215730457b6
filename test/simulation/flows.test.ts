import { holdIn } from "./hold.ts";

holdIn("what follows on the ends of jobs");
