import ipaddr from "ipaddr.js";
import { FatalError } from "../domain/outcome.ts";

/** Characters of a target's URL. */
export const LONGEST_URL = 2_048;

// Names that are not in the public DNS: RFC 6761, RFC 6762 with its appendix G, RFC 7686, RFC 8375, RFC 9476; ICANN keeps
// `.internal` free.
const PRIVATE_SUFFIXES = [
  ".localhost",
  ".localdomain",
  ".local",
  ".internal",
  ".intranet",
  ".private",
  ".corp",
  ".home",
  ".lan",
  ".home.arpa",
  ".test",
  ".invalid",
  ".onion",
  ".alt",
];

// Ports of other protocols, whose servers might take a request for theirs: the "bad ports" of the Fetch standard (§2.9).
const BAD_PORTS = new Set([
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110,
  111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532,
  540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061,
  6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
]);

// All that is given out for global unicast (RFC 4291 §2.4). What embeds an IPv4 address in a prefix of its own, such
// as the IPv4-compatible `::127.0.0.1`, lies outside.
const GLOBAL_UNICAST_IPV6 = ipaddr.IPv6.parseCIDR("2000::/3");

/**
 * The one guard against server-side request forgery: what a caller may make this Worker fetch. It refuses every scheme
 * but http and https, credentials in the URL, ports of other protocols, names that only exist on private networks, and
 * every address that is not ordinary global unicast (IANA's special-purpose registries, RFC 6890), in whichever notation;
 * addresses that embed an IPv4 address (mapped, compatible, 6to4, NAT64, Teredo) are refused whatever they embed.
 *
 * A Worker cannot see what a public name resolves to, so a name that points to a private address passes. On
 * Cloudflare's network a Worker's fetch does not reach private networks; elsewhere an egress filter has to see to it.
 *
 * @param allowLoopback For local development: "host" or "host:port" ("[::1]:9000"). An entry lets this one loopback
 *   host pass, with this port if there is one. An entry that is no loopback host lets nothing pass.
 * @throws FatalError that says what was refused and why.
 */
export function checkTarget(url: string | URL, allowLoopback: readonly string[]): URL {
  const target = URL.parse(String(url));
  if (target === null) throw new FatalError("The URL is refused: it is not an absolute URL");
  if (target.href.length > LONGEST_URL) {
    throw new FatalError(`The URL is refused: it is longer than ${LONGEST_URL} characters`);
  }
  if (target.protocol !== "http:" && target.protocol !== "https:") {
    throw new FatalError(`The URL is refused: its scheme is ${target.protocol.slice(0, -1)}, not http or https`);
  }
  // Not quoted: credentials do not belong into a job's errors.
  if (target.username !== "" || target.password !== "") {
    throw new FatalError("The URL is refused: it carries credentials; send an Authorization header instead");
  }
  if (BAD_PORTS.has(Number(portOf(target)))) {
    throw new FatalError(`The URL is refused: port ${portOf(target)} is that of another protocol than HTTP`);
  }
  const host = hostOf(target);
  if (isLoopback(host) && allowLoopback.some((entry) => matches(entry, host, portOf(target)))) return target;
  const reason = isAddress(host) ? addressRefusal(host) : nameRefusal(host);
  if (reason !== undefined) throw new FatalError(`The host ${host} is refused: ${reason}`);
  return target;
}

// Without the dots of the root. With two of them an address passes the URL parser as a name: what is left is parsed anew.
function hostOf({ hostname }: URL): string {
  const rootless = hostname.replace(/\.+$/, "");
  const host = URL.parse(`http://${rootless}/`)?.hostname ?? "";
  if (host.split(".").includes("")) throw new FatalError(`The host ${hostname} is refused: it is not a name`);
  return host;
}

// WHATWG URL has already normalised IPv4 in all its forms to four decimal parts, and put IPv6 in brackets.
function isAddress(host: string): boolean {
  return host.startsWith("[") || ipaddr.IPv4.isValidFourPartDecimal(host);
}

function parseAddress(host: string): ipaddr.IPv4 | ipaddr.IPv6 {
  return ipaddr.parse(host.replace(/^\[|\]$/g, ""));
}

function addressRefusal(host: string): string | undefined {
  const address = parseAddress(host);
  const range = address.range();
  if (range !== "unicast") return `it is not a public address (${range})`;
  if (address instanceof ipaddr.IPv6 && !address.match(GLOBAL_UNICAST_IPV6)) {
    return "it is not a public address (outside 2000::/3)";
  }
  return undefined;
}

function nameRefusal(host: string): string | undefined {
  if (!host.includes(".")) return "it is not a public name (a single label)";
  const suffix = PRIVATE_SUFFIXES.find((suffix) => `.${host}`.endsWith(suffix));
  return suffix && `it is not a public name (${suffix})`;
}

function isLoopback(host: string): boolean {
  if (isAddress(host)) return parseAddress(host).range() === "loopback";
  return `.${host}`.endsWith(".localhost");
}

function matches(entry: string, host: string, port: string): boolean {
  const [, allowedHost, allowedPort] = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
  return allowedHost === host && (allowedPort === undefined || allowedPort === port);
}

function portOf(target: URL): string {
  if (target.port !== "") return target.port;
  return target.protocol === "https:" ? "443" : "80";
}
