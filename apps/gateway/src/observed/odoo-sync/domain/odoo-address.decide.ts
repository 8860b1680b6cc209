import { BlockList, isIP } from "node:net";
import { isLoopback } from "@vworkspace/kernel";

/** Where no Odoo is, and clouds tell their machines secrets. */
const NO_ODOO = new BlockList();
NO_ODOO.addSubnet("169.254.0.0", 16, "ipv4");
NO_ODOO.addSubnet("0.0.0.0", 8, "ipv4");
NO_ODOO.addSubnet("fe80::", 10, "ipv6");
NO_ODOO.addAddress("::", "ipv6");
const MAX_CHARACTERS = 512;

/**
 * What is wrong with the address of an Odoo; it is the word of whoever pairs, and the gateway will call it.
 * @param plainHosts that may be reached over http besides this machine
 */
export function addressProblem(
  text: string,
  plainHosts: readonly string[],
): string | undefined {
  const url = urlOf(text);
  if (url === undefined)
    return `url is "${text.slice(0, 80)}": give the https address of the Odoo, without user, password, query and fragment.`;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (isNoOdoo(host))
    return `url leads to ${host}, which is no address of an Odoo: give the one that people reach it at.`;
  const isPrivate = url.protocol === "https:" || isLoopback(host);
  if (isPrivate || plainHosts.includes(host)) return undefined;
  return `url is "${text.slice(0, 80)}": keys travel over https only; use https, or let the gateway's operator name ${host} in VWORKSPACE_ODOO_HTTP_HOSTS.`;
}

function urlOf(text: string): URL | undefined {
  if (text.length > MAX_CHARACTERS || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  return /^https?:$/.test(url.protocol) && !hasExtras(url) ? url : undefined;
}

function isNoOdoo(host: string): boolean {
  const family = isIP(host);
  return family !== 0 && NO_ODOO.check(host, family === 4 ? "ipv4" : "ipv6");
}

function hasExtras(url: URL): boolean {
  return [url.username, url.password, url.search, url.hash].some(Boolean);
}
