import { Injectable } from "@nestjs/common";
import { ConfigurationError, DomainError } from "@vworkspace/kernel";
import {
  calculateJwkThumbprint,
  exportJWK,
  exportPKCS8,
  generateKeyPair,
  importJWK,
  importPKCS8,
  jwtVerify,
  SignJWT,
} from "jose";
import { MasterKey } from "../../database/master-key";
import { UnitOfWork } from "../../database/unit-of-work";
import {
  type SealedSigningKey,
  SigningKeyStore,
} from "./domain/signing-key-store";

const PURPOSE = "cluster-token";
const ALGORITHM = "EdDSA";
/** RFC 9068's pattern: a typ of its own, so that no other token of this gateway can be used in its place. */
const TOKEN_TYPE = "vworkspace-cluster+jwt";
const AUDIENCE = "vworkspace-agent-api";

export interface ClusterTokenClaims {
  readonly organizationId: string;
  /** UUID of the cluster: the token's sub. */
  readonly clusterId: string;
  /** UUID of the credential's row: the token's jti. */
  readonly credentialId: string;
}

type Key = Awaited<ReturnType<typeof importPKCS8>>;

interface KeyRing {
  readonly currentKid: string;
  readonly signing: Key;
  readonly verifying: ReadonlyMap<string, Key>;
}

/** Makes and reads cluster tokens: JWTs signed with Ed25519 (RFC 8037), whose validity a row of the database decides. */
@Injectable()
export class ClusterTokenService {
  private ring: Promise<KeyRing> | undefined;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly masterKey: MasterKey,
  ) {}

  /** A wrong master key is told at the start, not to the first agent that calls. @throws ConfigurationError */
  async onModuleInit(): Promise<void> {
    await this.keyRing();
  }

  async issue(claims: ClusterTokenClaims, expiresAt: Date): Promise<string> {
    const ring = await this.keyRing();
    return new SignJWT({ org: claims.organizationId })
      .setProtectedHeader({
        alg: ALGORITHM,
        typ: TOKEN_TYPE,
        kid: ring.currentKid,
      })
      .setIssuer("vworkspace")
      .setAudience(AUDIENCE)
      .setSubject(claims.clusterId)
      .setJti(claims.credentialId)
      .setIssuedAt()
      .setExpirationTime(expiresAt)
      .sign(ring.signing);
  }

  /**
   * The claims of a token that this gateway signed. Expiry is not judged here but by the database's clock, in the row.
   * @throws DomainError unauthenticated
   */
  async read(token: string): Promise<ClusterTokenClaims> {
    const ring = await this.keyRing();
    try {
      const { payload } = await jwtVerify(
        token,
        (header) => {
          const key = ring.verifying.get(header.kid ?? "");
          if (!key) throw new Error("unknown kid");
          return key;
        },
        {
          algorithms: [ALGORITHM],
          typ: TOKEN_TYPE,
          audience: AUDIENCE,
          issuer: "vworkspace",
          clockTolerance: "100 years",
        },
      );
      return {
        organizationId: String(payload["org"]),
        clusterId: payload.sub ?? "",
        credentialId: payload.jti ?? "",
      };
    } catch (error) {
      throw new DomainError(
        "unauthenticated",
        "The bearer token is not one of this gateway.",
        { cause: error },
      );
    }
  }

  private keyRing(): Promise<KeyRing> {
    this.ring ??= this.loadRing().catch((error: unknown) => {
      this.ring = undefined;
      throw error;
    });
    return this.ring;
  }

  private async loadRing(): Promise<KeyRing> {
    const keys = await this.loadOrMake();
    const [current] = keys;
    if (!current)
      throw new Error("The database holds no signing key for cluster tokens.");
    const plain = this.open(current);
    const verifying = await Promise.all(
      keys.map(
        async (key) =>
          [
            key.kid,
            (await importJWK(key.publicJwk, ALGORITHM)) as Key,
          ] as const,
      ),
    );
    return {
      currentKid: current.kid,
      signing: await importPKCS8(plain, ALGORITHM),
      verifying: new Map(verifying),
    };
  }

  private open(key: SealedSigningKey): string {
    try {
      return this.masterKey
        .open(key.sealedPrivateKey, context(key.kid))
        .toString();
    } catch {
      throw new ConfigurationError(
        "The master key is not the one that this database's signing keys are sealed with: bring back that key file (VWORKSPACE_MASTER_KEY_FILE).",
      );
    }
  }

  private async loadOrMake(): Promise<readonly SealedSigningKey[]> {
    const existing = await this.unitOfWork.asWorker((stores) =>
      stores.get(SigningKeyStore).all(PURPOSE),
    );
    if (existing.length > 0) return existing;
    const made = await this.make();
    return this.unitOfWork.asWorker(async (stores) => {
      await stores.get(SigningKeyStore).addFirst(PURPOSE, made);
      return stores.get(SigningKeyStore).all(PURPOSE);
    });
  }

  private async make(): Promise<SealedSigningKey> {
    const { publicKey, privateKey } = await generateKeyPair(ALGORITHM, {
      extractable: true,
    });
    const publicJwk = await exportJWK(publicKey);
    const kid = await calculateJwkThumbprint(publicJwk);
    const sealedPrivateKey = this.masterKey.seal(
      Buffer.from(await exportPKCS8(privateKey)),
      context(kid),
    );
    return {
      kid,
      algorithm: ALGORITHM,
      publicJwk: { ...publicJwk },
      sealedPrivateKey,
    };
  }
}

function context(kid: string): string {
  return `signing_keys:${kid}`;
}
