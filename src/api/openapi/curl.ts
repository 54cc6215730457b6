import type { DescribedOperation, Parameter } from "./reference-page.ts";

/** A command that calls an operation with its examples. */
export function curl(baseUrl: string, method: string, path: string, operation: DescribedOperation): string {
  const { parameters = [], requestBody, security } = operation;
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(exampleOf(parameters, name)));
  const required = parameters.filter(({ in: place, required }) => place === "query" && required === true);
  const query = required.map(({ name, schema }) => `${name}=${encodeURIComponent(String(schema.example))}`).join("&");
  const url = `${baseUrl}${filled}${query && `?${query}`}`;
  const key = security?.[0] === undefined ? [] : [`-H "Authorization: Bearer $${tokenOf(security[0])}"`];
  const verb =
    method === "get" || (method === "post" && requestBody !== undefined) ? [] : [`-X ${method.toUpperCase()}`];
  const [type, media] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  const body = Object.values(media?.examples ?? {})[0]?.value;
  const sent =
    body === undefined
      ? []
      : [type === "application/json" ? `--json ${quoted(JSON.stringify(body))}` : "--data-binary @file"];
  return ["curl", ...verb, quoted(url), ...key, ...sent].join(" ");
}

function exampleOf(parameters: readonly Parameter[], name: string): string {
  return String(parameters.find((one) => one.in === "path" && one.name === name)?.schema.example ?? name);
}

function tokenOf(security: Readonly<Record<string, unknown>>): string {
  return "operatorToken" in security ? "TOKEN" : "KEY";
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
