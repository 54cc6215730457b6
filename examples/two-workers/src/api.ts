import { createSluice } from "sluice";
import { handlers } from "./handlers";

export { TenantGate } from "sluice/gate";

const { fetch, scheduled } = createSluice({ handlers });

/** Takes jobs and answers for them; runs none. */
export default { fetch, scheduled };
