/** What a receiver has got. */
interface Received {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

const bytesOf = (base64: string) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

/** Whether a delivery carries a `v1a` signature that this public key (`whpk_…`) verifies, as the specification says. */
export async function verifiesByKey({ body, headers }: Received, publicKey: string): Promise<boolean> {
  const raw = bytesOf(publicKey.replace(/^whpk_/, ""));
  const key = await crypto.subtle.importKey("raw", raw, "Ed25519", false, ["verify"]);
  const signed = new TextEncoder().encode(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`);
  const signatures = (headers["webhook-signature"] ?? "").split(" ").filter((one) => one.startsWith("v1a,"));
  const verified = signatures.map((one) => crypto.subtle.verify("Ed25519", key, bytesOf(one.slice(4)), signed));
  return (await Promise.all(verified)).includes(true);
}
