import { describe, expect, it } from "vitest";
import { FatalError } from "../../src/domain/outcome.ts";
import { checkTarget } from "../../src/outgoing/target-guard.ts";

const refusal = (url: string, allowLoopback: readonly string[] = []): string => {
  try {
    checkTarget(url, allowLoopback);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(FatalError);
    return (thrown as FatalError).message;
  }
  return "passed";
};

describe("a public target", () => {
  it.each([
    "https://example.com/hook?a=1#b",
    "http://example.com:8080/",
    "https://example.com./",
    "https://xn--bcher-kva.example/",
    "https://localhost.example.com/",
    "https://notlocal.example/",
    "https://mylocalhost.com/",
    "https://internal.example.com/",
    "https://8.8.8.8/",
    "https://134744072/",
    "https://172.32.0.1/",
    "https://100.128.0.1/",
    "https://[2606:4700:4700::1111]/",
    "https://[2a00:1450:4001:800::200e]:8443/",
  ])("passes: %s", (url) => {
    expect(checkTarget(url, []).href).toBe(new URL(url).href);
  });

  it("passes as a URL object too, and comes back as a copy", () => {
    const url = new URL("https://example.com/");
    const checked = checkTarget(url, []);
    expect(checked.href).toBe(url.href);
    expect(checked).not.toBe(url);
  });
});

describe("a URL of the wrong form", () => {
  it.each([
    ["ftp://example.com/", "its scheme is ftp"],
    ["file:///etc/passwd", "its scheme is file"],
    ["javascript:alert(1)", "its scheme is javascript"],
    ["data:text/plain,hello", "its scheme is data"],
    ["ws://example.com/", "its scheme is ws"],
    ["blob:https://example.com/1", "its scheme is blob"],
    ["https://user:secret@example.com/", "it carries credentials"],
    ["https://user@example.com/", "it carries credentials"],
    ["https://:secret@example.com/", "it carries credentials"],
    ["/hook", "not an absolute URL"],
    ["//example.com/hook", "not an absolute URL"],
    ["example.com", "not an absolute URL"],
    ["", "not an absolute URL"],
    ["https://", "not an absolute URL"],
    ["https://1.2.3.4.5/", "not an absolute URL"],
    ["https://[fe80::1%25eth0]/", "not an absolute URL"],
    [`https://example.com/${"a".repeat(2_048)}`, "longer than 2048 characters"],
  ])("is refused: %s", (url, reason) => {
    expect(refusal(url)).toContain(reason);
  });

  it("never shows the credentials that it carried", () => {
    expect(refusal("https://user:secret@example.com/")).not.toContain("secret");
  });
});

describe("an IPv4 address that is not public", () => {
  it.each([
    ["0.0.0.0", "unspecified"],
    ["0.1.2.3", "unspecified"],
    ["127.0.0.1", "loopback"],
    ["127.255.255.254", "loopback"],
    ["10.0.0.1", "private"],
    ["172.16.0.1", "private"],
    ["172.31.255.255", "private"],
    ["192.168.1.1", "private"],
    ["169.254.0.1", "linkLocal"],
    ["169.254.169.254", "linkLocal"],
    ["100.64.0.1", "carrierGradeNat"],
    ["100.127.255.255", "carrierGradeNat"],
    ["224.0.0.1", "multicast"],
    ["239.255.255.255", "multicast"],
    ["255.255.255.255", "broadcast"],
    ["240.0.0.1", "reserved"],
    ["192.0.0.8", "reserved"],
    ["192.0.2.1", "reserved"],
    ["198.51.100.1", "reserved"],
    ["203.0.113.1", "reserved"],
    ["198.18.0.1", "reserved"],
    ["198.19.255.255", "reserved"],
    ["192.88.99.1", "reserved"],
  ])("is refused: %s", (address, range) => {
    expect(refusal(`http://${address}/`)).toBe(`The host ${address} is refused: it is not a public address (${range})`);
  });

  it.each([
    ["2130706433", "127.0.0.1"],
    ["0x7f000001", "127.0.0.1"],
    ["0x7F.0x0.0x0.0x1", "127.0.0.1"],
    ["017700000001", "127.0.0.1"],
    ["0177.0.0.01", "127.0.0.1"],
    ["127.1", "127.0.0.1"],
    ["127.0.1", "127.0.0.1"],
    ["0x7f.1", "127.0.0.1"],
    ["127.0.0.1.", "127.0.0.1"],
    ["127%2e0%2e0%2e1", "127.0.0.1"],
    ["１２７.０.０.１", "127.0.0.1"],
    ["①②⑦.0.0.1", "127.0.0.1"],
    ["127。0。0。1", "127.0.0.1"],
    ["0", "0.0.0.0"],
    ["10.1", "10.0.0.1"],
    ["167772161", "10.0.0.1"],
    ["3232235777", "192.168.1.1"],
    ["2852039166", "169.254.169.254"],
    ["0xa9fea9fe", "169.254.169.254"],
    ["0251.0376.0251.0376", "169.254.169.254"],
    ["169.254.43518", "169.254.169.254"],
    ["0xffffffff", "255.255.255.255"],
  ])("is refused in another notation: %s", (notation, address) => {
    expect(refusal(`http://${notation}:8080/`)).toContain(`The host ${address} is refused`);
  });
});

describe("an IPv6 address that is not public", () => {
  it.each([
    ["::", "unspecified"],
    ["::1", "loopback"],
    ["0:0:0:0:0:0:0:1", "loopback"],
    ["fe80::1", "linkLocal"],
    ["febf::1", "linkLocal"],
    ["fc00::1", "uniqueLocal"],
    ["fd00:ec2::254", "uniqueLocal"],
    ["fec0::1", "deprecatedSiteLocal"],
    ["ff02::1", "multicast"],
    ["100::1", "discard"],
    ["2001:db8::1", "reserved"],
    ["3fff::1", "reserved"],
    ["2001:1::1", "reserved"],
    ["2001:2::1", "benchmarking"],
    ["2001:10::1", "deprecatedOrchid"],
    ["2001:20::1", "orchid2"],
    ["5f00::1", "segmentRouting"],
    ["4000::1", "outside 2000::/3"],
    ["1234::1", "outside 2000::/3"],
  ])("is refused: %s", (address, reason) => {
    expect(refusal(`http://[${address}]/`)).toContain(`it is not a public address (${reason})`);
  });

  it.each([
    ["mapped", "::ffff:127.0.0.1", "ipv4Mapped"],
    ["mapped, in hex", "::ffff:7f00:1", "ipv4Mapped"],
    ["mapped, written out", "0:0:0:0:0:ffff:a9fe:a9fe", "ipv4Mapped"],
    ["compatible", "::127.0.0.1", "outside 2000::/3"],
    ["compatible, in hex", "::a9fe:a9fe", "outside 2000::/3"],
    ["translated", "::ffff:0:10.0.0.1", "rfc6145"],
    ["6to4", "2002:7f00:1::", "6to4"],
    ["6to4", "2002:a9fe:a9fe::1", "6to4"],
    ["NAT64", "64:ff9b::10.0.0.1", "rfc6052"],
    ["NAT64, local use", "64:ff9b:1::7f00:1", "rfc6052"],
    ["Teredo", "2001:0:4136:e378:8000:63bf:80ff:fffe", "teredo"],
  ])("is refused when it embeds an IPv4 address: %s %s", (_, address, reason) => {
    expect(refusal(`http://[${address}]/`)).toContain(`it is not a public address (${reason})`);
  });
});

describe("a name that is not public", () => {
  it.each([
    ["localhost", "a single label"],
    ["LOCALHOST", "a single label"],
    ["localhost.", "a single label"],
    ["ⓛocalhost", "a single label"],
    ["local%68ost", "a single label"],
    ["redis", "a single label"],
    ["instance-data", "a single label"],
    [".", "a single label"],
    ["app.localhost", ".localhost"],
    ["a.b.localhost.", ".localhost"],
    ["localhost.localdomain", ".localdomain"],
    ["printer.local", ".local"],
    ["printer.LOCAL..", ".local"],
    ["metadata.google.internal", ".internal"],
    ["metadata.google.internal.", ".internal"],
    ["router.home.arpa", ".home.arpa"],
    ["home.arpa", ".home.arpa"],
    ["nas.lan", ".lan"],
    ["mail.corp", ".corp"],
    ["wiki.intranet", ".intranet"],
  ])("is refused: %s", (host, reason) => {
    expect(refusal(`http://${host}/`)).toContain(`it is not a public name (${reason})`);
  });
});

describe("allowLoopback", () => {
  it.each([
    ["127.0.0.1", "http://127.0.0.1:9000/"],
    ["127.0.0.1", "http://127.1:9000/"],
    ["127.0.0.1:9000", "http://127.0.0.1:9000/"],
    ["127.0.0.1:80", "http://127.0.0.1/"],
    ["127.0.0.1:443", "https://127.0.0.1/"],
    ["127.0.0.2", "http://127.0.0.2/"],
    ["localhost", "http://localhost:3000/"],
    ["LocalHost:3000", "http://localhost:3000/"],
    ["localhost", "http://localhost./"],
    ["app.localhost", "http://app.localhost/"],
    ["[::1]", "http://[::1]:9000/"],
    ["[::1]:9000", "http://[0:0:0:0:0:0:0:1]:9000/"],
  ])("%s lets %s pass", (entry, url) => {
    expect(checkTarget(url, ["127.9.9.9", entry]).href).toBe(new URL(url).href);
  });

  it.each([
    ["127.0.0.1:9000", "http://127.0.0.1:9001/"],
    ["127.0.0.1:9000", "http://127.0.0.1/"],
    ["127.0.0.1:80", "https://127.0.0.1/"],
    ["127.0.0.1", "http://127.0.0.2/"],
    ["127.0.0.1", "http://localhost/"],
    ["127.0.0.1", "http://[::1]/"],
    ["127.0.0.1", "http://[::ffff:127.0.0.1]/"],
    ["127.0.0.1", "http://user@127.0.0.1/"],
    ["127.0.0.1", "ftp://127.0.0.1/"],
    ["localhost", "http://app.localhost/"],
    ["*", "http://127.0.0.1/"],
    ["", "http://127.0.0.1/"],
    ["127.0.0.1:", "http://127.0.0.1/"],
  ])("%s does not let %s pass", (entry, url) => {
    expect(refusal(url, [entry])).toContain("is refused");
  });

  it.each([
    ["10.0.0.1", "http://10.0.0.1/"],
    ["169.254.169.254", "http://169.254.169.254/"],
    ["0.0.0.0", "http://0.0.0.0/"],
    ["[::]", "http://[::]/"],
    ["[::ffff:7f00:1]", "http://[::ffff:127.0.0.1]/"],
    ["[fd00:ec2::254]", "http://[fd00:ec2::254]/"],
    ["redis", "http://redis/"],
    ["printer.local", "http://printer.local/"],
  ])("never lets %s pass, which is no loopback host", (entry, url) => {
    expect(refusal(url, [entry])).toContain("is refused");
  });
});
