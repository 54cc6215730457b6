import { httpRequest } from "./handlers/http-request.ts";

/** The job types of this deployment: add your own here. */
export const handlers = [httpRequest];
