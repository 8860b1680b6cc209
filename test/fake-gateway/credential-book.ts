import { randomBytes } from "node:crypto";
import { DomainError } from "@vworkspace/kernel";

interface RegistrationToken {
  readonly token: string;
  readonly clusterId: string;
  expiresAt: number;
  isUsed: boolean;
}

/** One bearer token of a cluster. Times in milliseconds since the epoch. */
export interface Credential {
  readonly token: string;
  readonly clusterId: string;
  readonly predecessor?: Credential;
  /** Registered for a cluster that already had credentials: its first poll ends those. */
  takesOver: boolean;
  successor?: Credential;
  isUsed: boolean;
  hasEnded: boolean;
  graceUntil: number;
}

const unauthenticated = (reason: string) =>
  new DomainError("unauthenticated", `The token ${reason}.`);

/** The rules of registration, rotation and revocation (docs/contract/agent-v1.md, "Registration", "Credentials"). */
export class CredentialBook {
  private readonly registrations = new Map<string, RegistrationToken>();
  private readonly credentials = new Map<string, Credential>();
  private readonly revoked = new Set<string>();

  constructor(
    private readonly times: {
      readonly graceMs: number;
      readonly registrationMs: number;
    },
  ) {}

  issueRegistrationToken(clusterId: string, now: number): string {
    const token = newToken("vwr");
    const expiresAt = now + this.times.registrationMs;
    this.registrations.set(token, {
      token,
      clusterId,
      expiresAt,
      isUsed: false,
    });
    return token;
  }

  /** As if the lifetime of the cluster's registration tokens were over. */
  expireRegistrations(clusterId: string): void {
    for (const registration of this.registrations.values())
      if (registration.clusterId === clusterId) registration.expiresAt = 0;
  }

  /** Exchanges a registration token for the cluster's credential; the token is spent only when this succeeds. */
  register(
    token: string,
    clusterId: string | undefined,
    now: number,
  ): Credential {
    const registration = this.registrations.get(token);
    if (
      registration === undefined ||
      registration.isUsed ||
      registration.expiresAt <= now
    )
      throw unauthenticated(
        "is no registration token, or was used, or has expired: issue a new one",
      );
    if (clusterId !== undefined && clusterId !== registration.clusterId)
      throw new DomainError(
        "forbidden",
        `clusterId ${clusterId} is not the cluster of this registration token.`,
      );
    registration.isUsed = true;
    const takesOver = this.of(registration.clusterId).length > 0;
    return this.add({
      token: newToken("vwt"),
      clusterId: registration.clusterId,
      takesOver,
    });
  }

  /** @throws DomainError unauthenticated for anything but a live credential. */
  authenticate(token: string, now: number): Credential {
    const credential = this.credentials.get(token);
    if (credential === undefined) throw unauthenticated("is unknown");
    this.requireLive(credential, now);
    credential.isUsed = true;
    return credential;
  }

  requireLive(credential: Credential, now: number): void {
    if (this.revoked.has(credential.clusterId))
      throw unauthenticated("was revoked");
    if (credential.hasEnded || credential.graceUntil <= now)
      throw unauthenticated("was replaced by a newer one");
  }

  /** The first poll with a credential of a re-registration: the cluster has changed hands. */
  poll(credential: Credential): void {
    if (!credential.takesOver) return;
    credential.takesOver = false;
    for (const other of this.of(credential.clusterId))
      if (other !== credential) other.hasEnded = true;
  }

  rotate(credential: Credential, now: number): Credential {
    if (credential.successor?.isUsed === true)
      throw unauthenticated("was rotated, and its successor is in use");
    if (credential.successor !== undefined)
      credential.successor.hasEnded = true;
    if (credential.predecessor !== undefined)
      credential.predecessor.hasEnded = true;
    const successor = this.add({
      token: newToken("vwt"),
      clusterId: credential.clusterId,
      takesOver: credential.takesOver,
      predecessor: credential,
    });
    credential.successor = successor;
    credential.graceUntil = now + this.times.graceMs;
    return successor;
  }

  revoke(clusterId: string): void {
    this.revoked.add(clusterId);
  }

  private of(clusterId: string): Credential[] {
    return [...this.credentials.values()].filter(
      (credential) => credential.clusterId === clusterId,
    );
  }

  private add(
    made: Pick<Credential, "token" | "clusterId" | "takesOver" | "predecessor">,
  ): Credential {
    const credential: Credential = {
      ...made,
      isUsed: false,
      hasEnded: false,
      graceUntil: Infinity,
    };
    this.credentials.set(credential.token, credential);
    return credential;
  }
}

function newToken(prefix: string): string {
  return `${prefix}_${randomBytes(32).toString("base64url")}`;
}
