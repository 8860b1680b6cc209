import { isIP } from "node:net";

/**
 * What counts as one address: an IPv4 address, or the /64 of an IPv6 one, since whoever has one of it has all of it.
 * @param text as the server names it; what is no address is one, called "unknown"
 */
export function sourceAddress(text: string): string {
  const plain = text.replace(/^::ffff:(?=\d+\.)/i, "");
  const family = isIP(plain);
  if (family === 4) return plain;
  if (family === 0) return "unknown";
  return `${network64(plain.replace(/%.*$/, ""))}::/64`;
}

function network64(address: string): string {
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  // An IPv4 address at the end stands for two groups.
  const length =
    groups.length + after.length + (after.at(-1)?.includes(".") ? 1 : 0);
  const zeros =
    tail === undefined
      ? []
      : Array.from({ length: Math.max(0, 8 - length) }, () => "0");
  return [...groups, ...zeros, ...after]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}
