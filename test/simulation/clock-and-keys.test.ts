import { holdIn } from "./hold.ts";

holdIn("the clock and the same again");
