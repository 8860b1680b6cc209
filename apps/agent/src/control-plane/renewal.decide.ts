import type { Credential } from "./credential-store";

/**
 * When to renew a credential: at a random moment in the last third of its life, so that a fleet registered on one day
 * does not renew on one day.
 * @param chance uniform in [0, 1), drawn once per credential
 * @returns milliseconds since the epoch; undefined where the control plane named no end, or one that by this clock is over at
 * once: then the clocks are apart, a renewal would be due again right after it, and the first refusal says when it is time
 */
export function renewalTime(
  credential: Credential,
  chance: number,
): number | undefined {
  const { issuedAt, expiresAt } = credential;
  if (issuedAt === undefined || expiresAt === undefined) return undefined;
  const life = expiresAt - issuedAt;
  if (life <= 0) return undefined;
  return Math.round(issuedAt + life * (2 / 3 + chance / 3));
}

/** How long to leave a control plane alone that refuses the credential: 5 to 15 minutes. */
export function rejectedPauseMs(chance: number): number {
  return Math.round((5 + 10 * chance) * 60_000);
}
