import type { SigningKeyRow } from "./signing-key-store";

export interface SigningKeyTimes {
  /** How long a key signs. */
  readonly rotationSeconds: number;
  /** How long a key is published before it signs: longer than anybody caches the key set. */
  readonly publishSeconds: number;
}

export type SigningKeyStep =
  | { readonly step: "none" }
  | { readonly step: "publish"; readonly reason: "age" | "algorithm" }
  | { readonly step: "promote"; readonly kid: string };

/** What is due for the keys of a purpose: at most one step, so that a replica that is late takes them in order. */
export function nextSigningKeyStep(
  keys: readonly Pick<
    SigningKeyRow,
    "kid" | "algorithm" | "state" | "signingSeconds"
  >[],
  algorithm: string,
  times: SigningKeyTimes,
): SigningKeyStep {
  const next = keys.find(({ state }) => state === "next");
  if (next)
    return next.signingSeconds >= 0
      ? { step: "promote", kid: next.kid }
      : { step: "none" };
  const current = keys.find(({ state }) => state === "current");
  if (!current) return { step: "none" };
  if (current.algorithm !== algorithm)
    return { step: "publish", reason: "algorithm" };
  return current.signingSeconds >= times.rotationSeconds - times.publishSeconds
    ? { step: "publish", reason: "age" }
    : { step: "none" };
}
