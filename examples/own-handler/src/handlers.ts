import { httpRequest } from "sluice/handlers/http";
import { imageThumbnail } from "sluice/handlers/image";
import { reportCsv } from "sluice/handlers/report";
import { greet } from "./handlers/greet";

export const handlers = [greet, httpRequest, imageThumbnail, reportCsv];
