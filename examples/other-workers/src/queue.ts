import { createSluice } from "sluice";
import { handlers } from "./handlers";

const sluice = createSluice({ handlers });

export { TenantGate } from "sluice/gate";
export const { SluiceService } = sluice;
export default sluice;
