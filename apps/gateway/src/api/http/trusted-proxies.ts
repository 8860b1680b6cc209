import { BlockList, isIP } from "node:net";
import { ConfigurationError } from "@vworkspace/kernel";

/** Whether an address is one of a proxy whose word about its clients counts. */
export type TrustedProxies = (address: string) => boolean;

/**
 * Addresses and networks, separated by commas. X-Forwarded-For is read from the right for as long as who wrote it is
 * one of them, so that nobody else can say where he comes from.
 * @throws ConfigurationError naming what is wrong
 */
export function parseTrustedProxies(text: string): TrustedProxies {
  const list = new BlockList();
  for (const item of text.split(",").map((part) => part.trim()))
    if (item !== "") add(list, item);
  return (address) => {
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
    const family = isIP(plain);
    return family !== 0 && list.check(plain, family === 6 ? "ipv6" : "ipv4");
  };
}

function add(list: BlockList, item: string): void {
  const [address = "", bits, ...rest] = item.split("/");
  const family = isIP(address);
  const most = family === 6 ? 128 : 32;
  const isNetwork =
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
  if (family === 0 || !isNetwork || rest.length > 0)
    throw new ConfigurationError(
      `VWORKSPACE_TRUSTED_PROXIES has "${item}": give addresses and networks such as 10.0.0.0/8, separated by commas.`,
    );
  list.addSubnet(
    address,
    bits === undefined ? most : Number(bits),
    family === 6 ? "ipv6" : "ipv4",
  );
}
