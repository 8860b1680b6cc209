import type { PresentedProof } from "./presented-proof";

/** How a cluster's tokens are tied to who may send them: not at all, by its certificate (RFC 8705), by its key (RFC 9449). */
export type TokenMode = "bearer" | "mtls" | "dpop";

/**
 * What was registered with a credential (RFC 7800 `cnf`): the thumbprint of its DPoP key, and the one of its certificate.
 * A key that was registered binds in every mode; a certificate only where the mode says so, since not every listener sees one.
 */
export interface Confirmation {
  readonly jkt?: string;
  readonly "x5t#S256"?: string;
}

export interface ConstrainedCredential {
  /** UUID. */
  readonly clusterId: string;
  readonly tokenMode: TokenMode;
  readonly confirmation: Confirmation;
}

/** Why a token is refused, as the error it is answered with. */
export interface SenderRefusal {
  readonly code: "unauthenticated" | "certificate_refused";
  readonly sentence: string;
}

type Check = (
  credential: ConstrainedCredential,
  proof: PresentedProof,
) => string | undefined;

/** In order; the first that has something to say decides. */
const TOKEN_CHECKS: readonly Check[] = [
  ({ tokenMode, confirmation }) =>
    tokenMode === "dpop" && confirmation.jkt === undefined
      ? "The cluster's token mode is dpop, and this token is bound to no key: register again with a dpopKey."
      : undefined,
  ({ confirmation }, { dpopThumbprint }) =>
    confirmation.jkt !== undefined && dpopThumbprint === undefined
      ? "This token is bound to a key: send a DPoP proof of it with every request."
      : undefined,
  ({ confirmation }, { dpopThumbprint }) =>
    confirmation.jkt !== undefined && dpopThumbprint !== confirmation.jkt
      ? "The DPoP proof is of another key than the one this token is bound to."
      : undefined,
  ({ tokenMode, confirmation }) =>
    tokenMode === "mtls" && confirmation["x5t#S256"] === undefined
      ? "The cluster's token mode is mtls, and this token is bound to no certificate: register again with a csr."
      : undefined,
];

/** After those: whoever hears of them holds the token already, and proved its key where it has one. */
const CERTIFICATE_CHECKS: readonly Check[] = [
  ({ tokenMode }, { certificate, certificateProblem }) =>
    tokenMode === "mtls" && certificate === undefined
      ? (certificateProblem ??
        "This token is bound to a client certificate: present it with the connection.")
      : undefined,
  ({ tokenMode, clusterId }, { certificate }) =>
    tokenMode === "mtls" && certificate?.clusterId !== clusterId
      ? "The client certificate is of another cluster."
      : undefined,
  ({ tokenMode, confirmation }, { certificate }) =>
    tokenMode === "mtls" && certificate?.thumbprint !== confirmation["x5t#S256"]
      ? "The client certificate is another one than this token is bound to."
      : undefined,
];

/** Why the token is refused without more; undefined: what was shown is enough. */
export function refusalOfSender(
  credential: ConstrainedCredential,
  proof: PresentedProof,
): SenderRefusal | undefined {
  for (const [code, checks] of [
    ["unauthenticated", TOKEN_CHECKS],
    ["certificate_refused", CERTIFICATE_CHECKS],
  ] as const)
    for (const check of checks) {
      const sentence = check(credential, proof);
      if (sentence !== undefined) return { code, sentence };
    }
  return undefined;
}

/**
 * The same for a rotation, of a live credential or of one whose time is over. Who proves the registered key needs no
 * certificate: it may have ended as well, or its CA is no longer trusted, and a rotation is the way to the next one. Where
 * no key was registered but a certificate, the csr of the request proves its key, which is judged when it is signed.
 */
export function refusalOfRotation(
  credential: ConstrainedCredential & {
    readonly isLive: boolean;
    readonly certificateKey: string | undefined;
  },
  proof: PresentedProof,
): SenderRefusal | undefined {
  const { jkt } = credential.confirmation;
  if (jkt !== undefined && proof.dpopThumbprint === jkt) return undefined;
  if (credential.isLive) return refusalOfSender(credential, proof);
  if (jkt === undefined && credential.certificateKey !== undefined)
    return undefined;
  return {
    code: "unauthenticated",
    sentence:
      "The cluster's credential has expired: to rotate still, send a DPoP proof of the key registered with it.",
  };
}

/** What the token itself says it is bound to: a certificate only in the mode in which every request has to show it. */
export function claimedConfirmation({
  tokenMode,
  confirmation,
}: Pick<ConstrainedCredential, "tokenMode" | "confirmation">):
  Confirmation | undefined {
  const { jkt, "x5t#S256": certificate } = confirmation;
  const claimed = {
    ...(jkt !== undefined && { jkt }),
    ...(tokenMode === "mtls" &&
      certificate !== undefined && { "x5t#S256": certificate }),
  };
  return Object.keys(claimed).length > 0 ? claimed : undefined;
}

/**
 * Why a cluster can't change to a mode now, as the rest of a sentence: a switch counts at once, for every token, so a live
 * credential that couldn't meet it would be locked out. Undefined where nothing is in the way.
 * @param live what was registered with the newest live credential; undefined where the cluster has none
 */
export function refusalOfMode(
  mode: TokenMode,
  live: Confirmation | undefined,
): string | undefined {
  if (mode === "bearer" || live === undefined) return undefined;
  if (mode === "dpop" && live.jkt === undefined)
    return "its credential is bound to no DPoP key: let its agent register again with one";
  if (mode === "mtls" && live["x5t#S256"] === undefined)
    return "its credential has no client certificate: let its agent rotate with a csr first (action_rotate_credentials)";
  return undefined;
}
