import { createSluice } from "sluice";
import { handlers } from "./handlers";

const { queue } = createSluice({ handlers });

/** Runs jobs, and has no address: it is deployed, scaled and rolled back apart from the API. */
export default { queue };
