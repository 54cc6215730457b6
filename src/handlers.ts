import { httpRequest } from "./handlers/http-request.ts";
import { imageThumbnail } from "./handlers/image-thumbnail.ts";
import { reportCsv } from "./handlers/report-csv.ts";

/** The job types of this deployment: add your own here. */
export const handlers = [httpRequest, imageThumbnail, reportCsv];
