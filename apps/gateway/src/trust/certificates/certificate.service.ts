import { X509Certificate } from "node:crypto";
import { Inject, Injectable } from "@nestjs/common";
import { SystemClock } from "@vworkspace/kernel";
import { type Stores, UnitOfWork } from "../../database/unit-of-work";
import { type Authorities, AuthorityBook } from "./authority-book";
import {
  CERTIFICATE_OPTIONS,
  type CertificateOptions,
} from "./certificate-options";
import { ClusterCertificateStore } from "./domain/certificate-store";
import { keyOfRequest } from "./domain/client-request";
import {
  type IssuedLeaf,
  issueForCluster,
  issueForServer,
} from "./domain/leaf";
import { type Judgement, judgePresented } from "./domain/presented.decide";

/** DER of a certificate with any of our keys is below 1 KiB; what is larger isn't parsed. */
const MAX_CERTIFICATE_BYTES = 8192;

export interface SignedCertificate {
  /** Certificate, then its CA. */
  readonly chainPem: string;
  /** x5t#S256. */
  readonly thumbprint: string;
  /** Lower-case hex. */
  readonly serial: string;
  readonly expiresAt: Date;
}

/** Signs what agents present, and judges what is presented. */
@Injectable()
export class CertificateService {
  private readonly clock = new SystemClock();

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly authorities: AuthorityBook,
    @Inject(CERTIFICATE_OPTIONS) private readonly options: CertificateOptions,
  ) {}

  /**
   * A client certificate for the key of a request; its row stands in the transaction of `stores`.
   * @throws DomainError invalid_request for a request that can't be signed
   */
  async signClientCertificate(
    stores: Stores,
    cluster: { readonly organizationId: string; readonly clusterId: string },
    csrPem: string,
  ): Promise<SignedCertificate> {
    const publicKey = await keyOfRequest(csrPem);
    const issuing = (await this.authorities.get()).issuer();
    const leaf = await issueForCluster(issuing, publicKey, {
      domain: this.options.domain,
      clusterId: cluster.clusterId,
      now: this.clock.now(),
    });
    await stores.get(ClusterCertificateStore).add({
      issuer: issuing.id,
      serial: leaf.serial,
      clusterId: cluster.clusterId,
      thumbprint: leaf.thumbprint,
      expiresAt: leaf.expiresAt,
    });
    return signed(leaf, issuing.certificatePem);
  }

  /** What agents have to trust the listener by; PEM. Undefined where its certificate comes from elsewhere. */
  async caBundle(): Promise<string | undefined> {
    if (!this.options.servesByOwnCa) return undefined;
    return (await this.authorities.get()).anchorsPem;
  }

  /** A certificate for the agents' listener, with its key. */
  async signServerCertificate(
    hostNames: readonly string[],
  ): Promise<SignedCertificate & { readonly keyPem: string }> {
    const issuing = (await this.authorities.get()).issuer();
    const leaf = await issueForServer(issuing, hostNames, this.clock.now());
    return { ...signed(leaf, issuing.certificatePem), keyPem: leaf.keyPem };
  }

  current(): Promise<Authorities> {
    return this.authorities.get();
  }

  /** Whether a presented certificate counts now: by its CA, its time and its row, each looked at anew. */
  async judge(der: Uint8Array): Promise<Judgement> {
    const leaf = parse(der);
    if (!leaf) return { ok: false, problem: "can't be read" };
    const { trusted } = await this.authorities.get();
    const judgement = judgePresented(leaf, trusted, this.clock.now());
    if (!judgement.ok) return judgement;
    const isLive = await this.unitOfWork.asWorker((stores) =>
      stores.get(ClusterCertificateStore).isLive(judgement.certificate),
    );
    return isLive
      ? judgement
      : { ok: false, problem: "was revoked, or not issued here" };
  }
}

function parse(der: Uint8Array): X509Certificate | undefined {
  if (der.length > MAX_CERTIFICATE_BYTES) return undefined;
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
  }
}

function signed(leaf: IssuedLeaf, issuerPem: string): SignedCertificate {
  const { thumbprint, serial, expiresAt } = leaf;
  const chainPem = `${leaf.certificatePem}${issuerPem}`;
  return { chainPem, thumbprint, serial, expiresAt };
}
