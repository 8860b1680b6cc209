import { normaliseHtu } from "@vworkspace/contract";
import { isLoopback } from "@vworkspace/kernel";

/**
 * Whether a proof's URL is one of this gateway. Only what is configured counts: the Host header is the sender's word, and who
 * relays a proof that was made for another server would send that one's name. A gateway whose public URL is of this machine
 * alone is reached through tunnels and proxies of this machine at whatever port: there any loopback origin is its own.
 * @param htu normalised
 * @param path of the request below the gateway's URL, for example /api/agent/jobs
 */
export function isBelievedUrl(
  htu: string,
  path: string,
  urls: readonly string[],
): boolean {
  return urls.some((base) => {
    const expected = normaliseHtu(`${base.replace(/\/+$/, "")}${path}`);
    if (expected === undefined) return false;
    return htu === expected || isSameOfThisMachine(htu, expected);
  });
}

function isSameOfThisMachine(htu: string, expected: string): boolean {
  const [given, own] = [new URL(htu), new URL(expected)];
  return (
    given.pathname === own.pathname &&
    [given, own].every(({ hostname }) =>
      isLoopback(hostname.replace(/^\[(.*)\]$/, "$1")),
    )
  );
}
