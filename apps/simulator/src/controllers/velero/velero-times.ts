import { stringAt } from "../../json";
import type { KubeObject } from "../../kube-object";

const MS_OF = { h: 3_600_000, m: 60_000, s: 1_000 } as const;
/** Velero's own, where a backup says nothing. */
const TTL = "720h";

/** When a backup's time is over, from its ttl in Go's words, such as 36h or 720h0m0s. RFC 3339. */
export function expirationOf(backup: KubeObject, now: string): string {
  const ttl = stringAt(backup, "spec", "ttl") || TTL;
  const ms = [...ttl.matchAll(/([0-9.]+)([hms])/g)].reduce(
    (sum, [, amount, unit]) =>
      sum + Number(amount) * MS_OF[unit as keyof typeof MS_OF],
    0,
  );
  const at = new Date(Date.parse(now) + ms).toISOString();
  return at.replace(/\.\d+Z$/, "Z");
}
