import type { X509Certificate } from "node:crypto";
import { certificateThumbprint } from "./leaf";

/** extendedKeyUsage clientAuth (RFC 5280 §4.2.1.12). */
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const SPIFFE_CLUSTER =
  /^URI:spiffe:\/\/[a-z0-9._-]{1,255}\/cluster\/([0-9a-f-]{36})$/;

/** A CA that is trusted now. */
export interface TrustedAuthority {
  /** x5t#S256 of its certificate. */
  readonly id: string;
  readonly certificate: X509Certificate;
}

/** Who a certificate says its holder is, if its row agrees. */
export interface ReadCertificate {
  readonly issuer: string;
  /** Lower-case hex. */
  readonly serial: string;
  readonly thumbprint: string;
  readonly clusterId: string;
}

export type Judgement =
  { readonly ok: true; readonly certificate: ReadCertificate } | Refused;

interface Refused {
  readonly ok: false;
  /** The rest of a sentence that begins with "The client certificate". */
  readonly problem: string;
}

/**
 * Whether a client certificate was issued by a CA that is trusted, is in its time, and is one of an agent. The trusted CAs are
 * those that issue: what else a client sends along is not looked at, so that a distrusted CA can't come back under its root.
 * @param now milliseconds
 */
export function judgePresented(
  leaf: X509Certificate,
  trusted: readonly TrustedAuthority[],
  now: number,
): Judgement {
  const authority = trusted.find(
    ({ certificate }) =>
      leaf.checkIssued(certificate) && leaf.verify(certificate.publicKey),
  );
  if (!authority) return refused("is of no CA that is trusted here");
  const time = timeProblem(leaf, now);
  if (time !== undefined) return refused(time);
  if (timeProblem(authority.certificate, now) !== undefined)
    return refused("is of a CA whose time is over");
  if (leaf.ca || !leaf.keyUsage?.includes(CLIENT_AUTH))
    return refused("is not one for clients");
  const clusterId = SPIFFE_CLUSTER.exec(leaf.subjectAltName ?? "")?.[1];
  if (clusterId === undefined) return refused("names no cluster");
  return {
    ok: true,
    certificate: {
      clusterId,
      issuer: authority.id,
      serial: leaf.serialNumber.toLowerCase(),
      thumbprint: certificateThumbprint(leaf.raw),
    },
  };
}

function timeProblem(
  { validFromDate, validToDate }: X509Certificate,
  now: number,
): string | undefined {
  if (now < validFromDate.getTime()) return "is not valid yet";
  if (now > validToDate.getTime()) return "has expired";
  return undefined;
}

function refused(problem: string): Refused {
  return { ok: false, problem };
}
