import { X509Certificate } from "node:crypto";
import { Inject, Injectable } from "@nestjs/common";
import {
  ConfigurationError,
  DomainError,
  SystemClock,
} from "@vworkspace/kernel";
import { MasterKey } from "../../database/master-key";
import { type Stores, UnitOfWork } from "../../database/unit-of-work";
import type { AuditEntry } from "../audit/domain/audit-entry";
import { AuditStore } from "../audit/domain/audit-store";
import { gatewayActor } from "../identity/domain/actor";
import { auditEverywhere } from "../identity/audit-everywhere";
import {
  AuthorityBook,
  authorityKeyContext,
  openAuthorityKey,
} from "./authority-book";
import {
  CERTIFICATE_OPTIONS,
  type CertificateOptions,
} from "./certificate-options";
import { type Authority, makeIntermediate, makeRoot } from "./domain/authority";
import {
  type AuthorityRow,
  AuthorityStore,
  ClusterCertificateStore,
  type NewAuthority,
} from "./domain/certificate-store";
import { certificateThumbprint } from "./domain/leaf";
import {
  type AuthorityState,
  type RotationMove,
  type RotationStep,
  rotationStep,
  statesAfter,
} from "./domain/rotation.decide";

export interface AuthorityStatus {
  readonly step: RotationStep;
  readonly authorities: readonly AuthorityRow[];
}

/** The life of the built-in CA: made at the first start, changed in steps, its root taken away. */
@Injectable()
export class AuthorityService {
  private readonly clock = new SystemClock();

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly masterKey: MasterKey,
    private readonly book: AuthorityBook,
    @Inject(CERTIFICATE_OPTIONS) private readonly options: CertificateOptions,
  ) {}

  /** What is wrong with the CA is told at the start, not to the first agent that calls. @throws ConfigurationError */
  async onModuleInit(): Promise<void> {
    if (!this.options.caFiles) await this.ensureFirst();
    (await this.book.get()).issuer();
  }

  async status(): Promise<AuthorityStatus> {
    const authorities = await this.unitOfWork.asWorker((stores) =>
      stores.get(AuthorityStore).all(),
    );
    return { authorities, step: stepOf(authorities) };
  }

  /**
   * One step of a rotation, ahead or back.
   * @param rootKeyPem where the root's key was taken away: the first step signs with it
   * @throws DomainError conflict for a step that isn't beside the present one; ConfigurationError for a root key that is needed
   */
  async rotate(to: RotationMove, rootKeyPem?: string): Promise<void> {
    this.refuseFiles();
    await this.unitOfWork.asWorker(async (stores) => {
      const store = stores.get(AuthorityStore);
      const rows = await store.lockAll();
      const from = stepOf(rows);
      const states = statesAfter(from, to);
      if (from === "none") await this.addNext(store, rows, rootKeyPem);
      else await this.move(store, rows, states);
      await this.note(stores, `ca.rotate_${to}`, { from });
    });
    this.book.forget();
  }

  /** Takes the root's key out of the database, once `keep` has put it elsewhere. @throws ConfigurationError where it is gone already */
  async exportRoot(keep: (keyPem: string) => Promise<void>): Promise<void> {
    this.refuseFiles();
    await this.unitOfWork.asWorker(async (stores) => {
      const store = stores.get(AuthorityStore);
      const root = rootOf(await store.lockAll());
      const keyPem = openAuthorityKey(this.masterKey, root);
      await store.removeKey(root.id);
      await this.note(stores, "ca.export_root", { thumbprint: root.id });
      await keep(keyPem);
    });
  }

  /** Revokes one certificate of a cluster, which counts with the next request. @throws DomainError not_found */
  async revoke(serial: string): Promise<void> {
    await this.unitOfWork.asWorker(async (stores) => {
      const found = await stores
        .get(ClusterCertificateStore)
        .revoke(serial.toLowerCase());
      if (!found)
        throw new DomainError(
          "not_found",
          `No live certificate has the serial ${serial.slice(0, 64)}.`,
        );
      const { organizationId, clusterId, thumbprint } = found;
      await stores.get(AuditStore).append(gatewayActor(organizationId), {
        action: "certificate.revoke",
        subject: { type: "cluster", id: clusterId },
        detail: { serial: serial.toLowerCase(), thumbprint },
      });
    });
  }

  private async addNext(
    store: AuthorityStore,
    rows: readonly AuthorityRow[],
    rootKeyPem: string | undefined,
  ): Promise<void> {
    const row = rootOf(rows);
    const root = {
      certificatePem: row.certificatePem,
      keyPem: rootKeyPem ?? openAuthorityKey(this.masterKey, row),
    };
    const { domain } = this.options;
    const made = await makeIntermediate(root, domain, this.clock.now());
    if (!isSignedBy(made, root))
      throw new ConfigurationError(
        "The key given is not the one of the root: name the file that `ca export-root` wrote.",
      );
    await store.add(this.sealed(made, { state: "new", rootId: row.id }));
  }

  private async move(
    store: AuthorityStore,
    rows: readonly AuthorityRow[],
    states: ReturnType<typeof statesAfter>,
  ): Promise<void> {
    const [old, next] = rows.filter(({ state }) => state !== "root");
    if (!old || !next) throw new Error("A rotation has two CAs.");
    if (!states) return store.remove(next.id);
    // In this order: there is never more than one that issues.
    const changes = [
      [old.id, states.old],
      [next.id, states.next],
    ] as const;
    const isIssuing = ([, state]: readonly [string, AuthorityState]) =>
      Number(state === "issuing");
    for (const [id, state] of [...changes].sort(
      (a, b) => isIssuing(a) - isIssuing(b),
    ))
      await store.setState(id, state);
    if (states.old === "ended") await store.removeKey(old.id);
  }

  private async ensureFirst(): Promise<void> {
    const { authorities } = await this.status();
    if (authorities.length > 0) return;
    const { domain } = this.options;
    const root = await makeRoot(domain, this.clock.now());
    const first = await makeIntermediate(root, domain, this.clock.now());
    const sealedRoot = this.sealed(root, { state: "root", rootId: undefined });
    await this.unitOfWork.asWorker(async (stores) => {
      const store = stores.get(AuthorityStore);
      // Asked again, alone: of all replicas one makes it.
      if ((await store.lockAll()).length > 0) return;
      await store.add(sealedRoot);
      await store.add(
        this.sealed(first, { state: "issuing", rootId: sealedRoot.id }),
      );
    });
  }

  private sealed(
    { certificatePem, keyPem }: Authority,
    place: Pick<NewAuthority, "state" | "rootId">,
  ): NewAuthority {
    const id = certificateThumbprint(new X509Certificate(certificatePem).raw);
    const sealedKey = this.masterKey.seal(
      Buffer.from(keyPem),
      authorityKeyContext(id),
    );
    return { ...place, id, certificatePem, sealedKey };
  }

  private async note(
    stores: Stores,
    action: string,
    detail: Required<AuditEntry>["detail"],
  ): Promise<void> {
    const subject = { type: "certificate_authority", id: "agents" };
    await auditEverywhere(stores, { action, subject, detail });
  }

  private refuseFiles(): void {
    if (this.options.caFiles)
      throw new DomainError(
        "conflict",
        "The CA is the one of VWORKSPACE_AGENT_CA_CERT_FILE: rotate it there, by adding, swapping and removing its certificates.",
      );
  }
}

function stepOf(rows: readonly AuthorityRow[]): RotationStep {
  return rotationStep(
    rows.flatMap(({ state }) => (state === "root" ? [] : [state])),
  );
}

function rootOf(rows: readonly AuthorityRow[]): AuthorityRow {
  const root = rows.find(({ state }) => state === "root");
  if (!root) throw new Error("The database holds no root CA.");
  return root;
}

function isSignedBy(made: Authority, root: Authority): boolean {
  const { publicKey } = new X509Certificate(root.certificatePem);
  return new X509Certificate(made.certificatePem).verify(publicKey);
}
