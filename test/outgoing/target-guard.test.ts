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
    "http://example.com:65535/",
    "https://example.com:3000/",
    "https://example.com:443/",
    "http://example.com:06379/",
    "https://9.255.255.255/",
    "https://11.0.0.0/",
    "https://169.253.255.255/",
    "https://172.15.255.255/",
    "https://192.167.255.255/",
    "https://198.17.255.255/",
    "https://198.20.0.0/",
    "https://223.255.255.255/",
    "https://127.0.0.1.example.com/",
    "https://127.0.0.1%2eexample.com/",
    "https://0x7f000001.example/",
    "https://example。com/",
    "https://bücher.example/",
    "https://intest.example/",
    "https://example.com/@127.0.0.1/",
    "https://example.com#@127.0.0.1/",
    "https://example.com?url=http://127.0.0.1/",
    "https://example.com\\@127.0.0.1/",
    "https://[2606:4700:4700::1111]/",
    "https://[3ffe:ffff::1]/",
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
    ["https://user:@example.com/", "it carries credentials"],
    ["https://example.com:80@127.0.0.1/", "it carries credentials"],
    ["https://127.0.0.1%2f@example.com/", "it carries credentials"],
    ["HTTPS://USER@EXAMPLE.COM/", "it carries credentials"],
    ["gopher://example.com/", "its scheme is gopher"],
    ["wss://example.com/", "its scheme is wss"],
    ["mailto:a@example.com", "its scheme is mailto"],
    ["view-source:https://example.com/", "its scheme is view-source"],
    ["about:blank", "its scheme is about"],
    ["example.com:443", "its scheme is example.com"],
    ["/hook", "not an absolute URL"],
    ["//example.com/hook", "not an absolute URL"],
    ["example.com", "not an absolute URL"],
    ["", "not an absolute URL"],
    ["https://", "not an absolute URL"],
    ["https://1.2.3.4.5/", "not an absolute URL"],
    ["https://[fe80::1%25eth0]/", "not an absolute URL"],
    ["https://[fe80::1%eth0]/", "not an absolute URL"],
    ["https://[::1]./", "not an absolute URL"],
    ["https://%5B::1%5D/", "not an absolute URL"],
    ["https://[::ffff:127.1]/", "not an absolute URL"],
    ["https://[::ffff:0x7f.0.0.1]/", "not an absolute URL"],
    ["https://256.0.0.1/", "not an absolute URL"],
    ["https://0x100000000/", "not an absolute URL"],
    ["https://09.0.0.1/", "not an absolute URL"],
    ["https://١٢٧.0.0.1/", "not an absolute URL"],
    ["https://example.0x7f/", "not an absolute URL"],
    ["https://127.0.0.1%00.example.com/", "not an absolute URL"],
    ["https://exam ple.com/", "not an absolute URL"],
    ["https://example.com:65536/", "not an absolute URL"],
    ["https://example.com:２２/", "not an absolute URL"],
    [`https://example.com/${"a".repeat(2_048)}`, "longer than 2048 characters"],
  ])("is refused: %s", (url, reason) => {
    expect(refusal(url)).toContain(reason);
  });

  it("never shows the credentials that it carried", () => {
    expect(refusal("https://user:secret@example.com/")).not.toContain("secret");
  });
});

describe("a port of another protocol", () => {
  it.each([
    ["tcpmux", 1],
    ["ftp", 21],
    ["ssh", 22],
    ["telnet", 23],
    ["smtp", 25],
    ["dns", 53],
    ["pop3", 110],
    ["netbios", 139],
    ["imap", 143],
    ["ldap", 389],
    ["smtps", 465],
    ["submission", 587],
    ["imaps", 993],
    ["nfs", 2049],
    ["sip", 5060],
    ["irc", 6667],
    ["amanda", 10_080],
    ["none at all", 0],
  ])("is refused: %s", (_, port) => {
    const reason = `The URL is refused: port ${port} is that of another protocol than HTTP`;
    expect(refusal(`https://example.com:${port}/`)).toBe(reason);
    expect(refusal(`http://127.0.0.1:${port}/`, ["127.0.0.1", `127.0.0.1:${port}`])).toBe(reason);
  });

  it("is refused in whichever notation", () => {
    expect(refusal("https://example.com:00022/")).toContain("port 22");
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
    ["0.255.255.255", "unspecified"],
    ["10.255.255.255", "private"],
    ["192.168.255.255", "private"],
    ["169.254.255.255", "linkLocal"],
    ["192.0.0.192", "reserved"],
    ["192.0.2.255", "reserved"],
    ["198.51.100.255", "reserved"],
    ["203.0.113.255", "reserved"],
    ["255.255.255.254", "reserved"],
    ["192.31.196.1", "as112"],
    ["192.175.48.1", "as112"],
    ["192.52.193.1", "amt"],
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
    ["127.0.0.1..", "127.0.0.1"],
    ["0x7f.0.0.1..", "127.0.0.1"],
    ["017700000001...", "127.0.0.1"],
    ["127%2e1%2e", "127.0.0.1"],
    ["%31%32%37.0.0.1", "127.0.0.1"],
    ["127｡0｡0｡1", "127.0.0.1"],
    ["127．0．0．1", "127.0.0.1"],
    ["127.0.0.1\u200b", "127.0.0.1"],
    ["127.0.\u00ad0.1", "127.0.0.1"],
    ["127.0\t.0.1", "127.0.0.1"],
    ["𝟏𝟐𝟕.𝟎.𝟎.𝟏", "127.0.0.1"],
    ["00000177.1", "127.0.0.1"],
    ["0x7f.0x0000001", "127.0.0.1"],
    ["127.0.0.0x1.", "127.0.0.1"],
    ["0x7F000001.", "127.0.0.1"],
    ["0", "0.0.0.0"],
    ["0x", "0.0.0.0"],
    ["00.00.00.00", "0.0.0.0"],
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

describe("an address behind what looks like something else", () => {
  it.each([
    "http:127.0.0.1/",
    "http:/127.0.0.1/",
    "http:///127.0.0.1/",
    "http:\\\\127.0.0.1\\",
    "ht\ntp://127.0.0.1/",
    " http://127.0.0.1/",
  ])("is refused: %j", (url) => {
    expect(refusal(url)).toContain("The host 127.0.0.1 is refused");
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
    ["fe80:0:0:0:0:0:0:1", "linkLocal"],
    ["FE80::A", "linkLocal"],
    ["fdff:ffff::1", "uniqueLocal"],
    ["feff::1", "deprecatedSiteLocal"],
    ["ff0e::1", "multicast"],
    ["ffff::1", "multicast"],
    ["2001:db8:ffff::1", "reserved"],
    ["3fff:fff::1", "reserved"],
    ["2001:1ff::1", "reserved"],
    ["2001:3::1", "amt"],
    ["2001:4:112::1", "as112v6"],
    ["2620:4f:8000::1", "as112v6"],
    ["100:0:0:1::1", "outside 2000::/3"],
    ["1fff:ffff::1", "outside 2000::/3"],
    ["4000::1", "outside 2000::/3"],
    ["1234::1", "outside 2000::/3"],
  ])("is refused: %s", (address, reason) => {
    expect(refusal(`http://[${address}]/`)).toContain(`it is not a public address (${reason})`);
  });

  it.each([
    ["mapped", "::ffff:127.0.0.1", "ipv4Mapped"],
    ["mapped, in hex", "::ffff:7f00:1", "ipv4Mapped"],
    ["mapped, written out", "0:0:0:0:0:ffff:a9fe:a9fe", "ipv4Mapped"],
    ["mapped, of a public address", "::ffff:8.8.8.8", "ipv4Mapped"],
    ["compatible", "::127.0.0.1", "outside 2000::/3"],
    ["compatible, of a public address", "::8.8.8.8", "outside 2000::/3"],
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
    ["%6c%6f%63alhost", "a single label"],
    ["localhost%2e", "a single label"],
    ["ＬＯＣＡＬＨＯＳＴ", "a single label"],
    ["local\u00adhost", "a single label"],
    ["ip6-localhost", "a single label"],
    ["com", "a single label"],
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
    ["metadata.google.ｉnternal", ".internal"],
    ["host.docker.internal", ".internal"],
    ["printer。local", ".local"],
    ["printer%E3%80%82local", ".local"],
    ["printer.local%2e", ".local"],
    ["service.namespace.svc.cluster.local", ".local"],
    ["vault.private", ".private"],
    ["nas.home", ".home"],
    ["app.test", ".test"],
    ["nobody.invalid", ".invalid"],
    ["duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad.onion", ".onion"],
    ["wallet.alt", ".alt"],
  ])("is refused: %s", (host, reason) => {
    expect(refusal(`http://${host}/`)).toContain(`it is not a public name (${reason})`);
  });
});

describe("a host that is no name", () => {
  it.each([".", "..", "a..example.com", "1.2.3.4.5..", "256.0.0.1..", "example.0x7f.."])("is refused: %s", (host) => {
    expect(refusal(`http://${host}/`)).toBe(`The host ${host} is refused: it is not a name`);
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
