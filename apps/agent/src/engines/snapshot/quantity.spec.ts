import { bytesOf, greaterSize } from "./quantity";

describe("A size as Kubernetes writes it", () => {
  it.each([
    ["10Gi", 10 * 2 ** 30],
    ["1500M", 1.5e9],
    ["1e3", 1000],
    ["2E", 2e18],
    ["1.5Ki", 1536],
    ["1048576", 2 ** 20],
    ["1000m", 1],
    ["+5", 5],
  ])("%s is %d bytes", (size, bytes) => {
    expect(bytesOf(size)).toBe(bytes);
  });

  it.each(["", "Gi", "10GB", "-1", "ten"])("%j is none", (size) => {
    expect(bytesOf(size)).toBe(undefined);
  });

  it.each([
    ["1Gi", "1G", "1Gi"],
    ["1G", "1Gi", "1Gi"],
    ["1Gi", "1024Mi", "1Gi"],
    ["1Gi", "?", "1Gi"],
  ])("of %s and %s the greater is %s", (one, other, greater) => {
    expect(greaterSize(one, other)).toBe(greater);
  });
});
