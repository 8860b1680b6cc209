import { Inject, Injectable } from "@nestjs/common";
import { DomainError } from "@vworkspace/kernel";
import {
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from "jose";
import { UnitOfWork } from "../../database/unit-of-work";
import { NOBODYS } from "./domain/nobodys";
import { SigningKeyStore } from "./domain/signing-key-store";
import { type KeyRing, SigningKeyRing } from "./signing-key-ring";
import { TOKEN_OPTIONS, type TokenOptions } from "./token-options";

/** RFC 9068's pattern: a typ of its own, so that no other token of this gateway can be used in its place. */
const TOKEN_TYPE = "vworkspace-cluster+jwt";
const AUDIENCE = "vworkspace-agent-api";

export interface ClusterTokenClaims {
  readonly organizationId: string;
  /** UUID of the cluster: the token's sub. */
  readonly clusterId: string;
  /** UUID of the credential's row: the token's jti. */
  readonly credentialId: string;
  /** RFC 7800: what the token is bound to. */
  readonly confirmation?:
    Readonly<{ jkt?: string; "x5t#S256"?: string }> | undefined;
}

/** What a token says, its times in seconds since 1970; whether they hold is for the database's clock to say. */
export interface ReadClusterToken extends ClusterTokenClaims {
  readonly notBefore: number | undefined;
  readonly expires: number | undefined;
}

/** Makes and reads cluster tokens: JWTs signed with Ed25519 (RFC 8037) or ES256, whose validity a row of the database decides. */
@Injectable()
export class ClusterTokenService {
  constructor(
    private readonly ring: SigningKeyRing,
    private readonly unitOfWork: UnitOfWork,
    @Inject(TOKEN_OPTIONS) private readonly options: TokenOptions,
  ) {}

  /** @param life by the database's clock */
  async issue(
    claims: ClusterTokenClaims,
    life: { readonly issuedAt: Date; readonly expiresAt: Date },
  ): Promise<{ readonly token: string; readonly issuer: string }> {
    const issuer = await this.knownIssuer();
    const { current } = await this.ring.get();
    const { organizationId: org, confirmation: cnf } = claims;
    const token = await new SignJWT({ org, ...(cnf && { cnf }) })
      .setProtectedHeader({
        alg: current.algorithm,
        typ: TOKEN_TYPE,
        kid: current.kid,
      })
      .setIssuer(issuer)
      .setAudience(AUDIENCE)
      .setSubject(claims.clusterId)
      .setJti(claims.credentialId)
      .setIssuedAt(life.issuedAt)
      .setNotBefore(life.issuedAt)
      .setExpirationTime(life.expiresAt)
      .sign(current.key);
    return { token, issuer };
  }

  /**
   * The claims of a token that this gateway signed. A key or a name that this replica doesn't know may be a new one of
   * another: it asks the database once more before it says no.
   * @throws DomainError unauthenticated, unavailable
   */
  async read(token: string): Promise<ReadClusterToken> {
    try {
      const ring = await this.ringFor(token);
      const payload = await verified(token, ring);
      if (isNameOf(payload, ring)) return claimsOf(payload);
      if (isNameOf(payload, await this.ring.reload())) return claimsOf(payload);
      throw new errors.JWTClaimValidationFailed("iss", payload, "iss");
    } catch (error) {
      if (error instanceof DomainError) throw error;
      throw new DomainError(
        "unauthenticated",
        "The bearer token is not one of this gateway.",
        { cause: error, ...NOBODYS },
      );
    }
  }

  /** Keys that anybody may verify tokens with (RFC 7517 §5). */
  async published(): Promise<KeyRing["published"]> {
    return (await this.ring.get()).published;
  }

  private async ringFor(token: string): Promise<KeyRing> {
    const { kid, typ } = decodeProtectedHeader(token);
    const ring = await this.ring.get();
    const isKnown = ring.verifying.has(kid ?? "");
    return isKnown || typ !== TOKEN_TYPE ? ring : this.ring.reload();
  }

  /** Tokens outlive the name that they were issued under: each name is kept before the first token with it. */
  private async knownIssuer(): Promise<string> {
    const issuer = this.options.issuer();
    if ((await this.ring.get()).issuers.has(issuer)) return issuer;
    await this.unitOfWork.asWorker((stores) =>
      stores.get(SigningKeyStore).addIssuer(issuer),
    );
    await this.ring.reload();
    return issuer;
  }
}

async function verified(token: string, ring: KeyRing): Promise<JWTPayload> {
  const { payload } = await jwtVerify(
    token,
    (header) => {
      const found = ring.verifying.get(header.kid ?? "");
      if (found?.algorithm !== header.alg)
        throw new Error("No key of that kid has that algorithm.");
      return found.key;
    },
    {
      algorithms: ["EdDSA", "ES256"],
      typ: TOKEN_TYPE,
      audience: AUDIENCE,
      // Judged by the database's clock, with the row.
      clockTolerance: "100 years",
    },
  );
  return payload;
}

function isNameOf({ iss }: JWTPayload, ring: KeyRing): boolean {
  return iss !== undefined && ring.issuers.has(iss);
}

function claimsOf(payload: JWTPayload): ReadClusterToken {
  const { org, sub, jti, nbf, exp } = payload;
  return {
    organizationId: String(org),
    clusterId: sub ?? "",
    credentialId: jti ?? "",
    notBefore: nbf,
    expires: exp,
  };
}
