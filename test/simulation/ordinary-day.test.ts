import { holdIn } from "./hold.ts";

holdIn("the ordinary day");
