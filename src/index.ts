import { handlers } from "./handlers.ts";
import { createSluice } from "./sluice.ts";

const sluice = createSluice({ handlers });

export { TenantGate } from "./gate/tenant-gate.ts";
export const { SluiceService } = sluice;
export default sluice;
