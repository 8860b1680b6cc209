import { ConfigurationError } from "@vworkspace/kernel";
import { parseTrustedProxies } from "./trusted-proxies";

describe("trusted proxies", () => {
  it.each<[string, string, boolean]>([
    ["", "10.0.0.1", false],
    ["10.0.0.1", "10.0.0.1", true],
    ["10.0.0.1", "10.0.0.2", false],
    ["192.0.2.1, 10.0.0.0/8", "10.255.0.9", true],
    ["10.0.0.0/8", "11.0.0.1", false],
    ["10.0.0.0/8", "::ffff:10.1.2.3", true],
    ["2001:db8::/32", "2001:db8:5::1", true],
    ["2001:db8::1", "2001:db8::2", false],
    ["10.0.0.0/8", "unknown", false],
    ["10.0.0.0/8", "", false],
  ])("of the list '%s' is %s one: %s", (list, address, isTrusted) => {
    expect(parseTrustedProxies(list)(address)).toBe(isTrusted);
  });

  it.each(["proxy.example.com", "10.0.0.0/33", "10.0.0.0/", "1.2.3.4/8/8"])(
    "are refused as '%s', with a sentence that names it",
    (text) => {
      const parse = () => parseTrustedProxies(text);
      expect(parse).toThrow(ConfigurationError);
      expect(parse).toThrow(text);
    },
  );
});
