import { randomBytes } from "node:crypto";
import { MasterKey, parseMasterKey } from "./master-key";

describe("the master key", () => {
  const key = new MasterKey(randomBytes(32));
  const plain = Buffer.from("a private key");

  it("opens what it sealed, in the place that it was sealed for", () => {
    expect(
      key.open(key.seal(plain, "signing_keys:1"), "signing_keys:1"),
    ).toEqual(plain);
  });

  it("opens nothing that was moved, changed, cut, or sealed by another", () => {
    const sealed = key.seal(plain, "signing_keys:1");
    const changed = Buffer.from(sealed);
    changed.writeUInt8(changed.readUInt8(20) ^ 1, 20);
    expect(() => key.open(sealed, "signing_keys:2")).toThrow();
    expect(() => key.open(changed, "signing_keys:1")).toThrow();
    expect(() => key.open(sealed.subarray(0, 20), "signing_keys:1")).toThrow();
    const other = new MasterKey(randomBytes(32));
    expect(() => other.open(sealed, "signing_keys:1")).toThrow();
  });

  it("seals the same differently each time, and hashes it the same for one purpose only", () => {
    expect(key.seal(plain, "x")).not.toEqual(key.seal(plain, "x"));
    expect(key.hash("api-key", "s")).toEqual(key.hash("api-key", "s"));
    expect(key.hash("api-key", "s")).not.toEqual(key.hash("token", "s"));
  });

  it("has 32 bytes, or is refused with what makes one", () => {
    expect(() => new MasterKey(randomBytes(31))).toThrow(
      "openssl rand -base64 32",
    );
  });

  it("names in what it seals the key that did it, and opens what the first release sealed without", () => {
    const other = new MasterKey(randomBytes(32));
    const sealed = key.seal(plain, "x");
    expect(key.isOfThis(sealed)).toBe(true);
    expect(other.isOfThis(sealed)).toBe(false);
    expect(sealed.subarray(4, 12).toString("hex")).toBe(key.id);
    const unnamed = sealed.subarray(12);
    expect(key.isOfThis(unnamed)).toBe(false);
    expect(key.open(unnamed, "x")).toEqual(plain);
    expect(() => other.open(unnamed, "x")).toThrow();
  });

  it("of several lines seals with the first and opens with each", () => {
    const next = randomBytes(32);
    const text = [next, key.bytes].map((line) => line.toString("base64"));
    const both = parseMasterKey(`${text.join("\n")}\n`);
    expect(both.open(key.seal(plain, "x"), "x")).toEqual(plain);
    expect(both.open(key.seal(plain, "x").subarray(12), "x")).toEqual(plain);
    expect(new MasterKey(next).open(both.seal(plain, "x"), "x")).toEqual(plain);
    expect(both.oldest).toEqual(key.bytes);
  });

  it("hashes under a key of its own, which outlives a change", () => {
    const next = new MasterKey(randomBytes(32));
    expect(next.hash("api-key", "s")).not.toEqual(key.hash("api-key", "s"));
    expect(next.withHashKey(key.bytes).hash("api-key", "s")).toEqual(
      key.hash("api-key", "s"),
    );
  });
});
