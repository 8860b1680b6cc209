import { randomBytes } from "node:crypto";
import { Injectable } from "@nestjs/common";
import { isStorable, LIMITS } from "@vworkspace/contract";
import { DomainError, newId } from "@vworkspace/kernel";
import { MasterKey } from "../../database/master-key";
import type { Stores } from "../../database/unit-of-work";
import { AuditStore } from "../../trust/audit/domain/audit-store";
import { TrustCopyService } from "../../trust/copy/trust-copy.service";
import type { PayloadRequirements } from "../../trust/payload-keys/domain/cluster-encryption-key-store";
import { PayloadKeyService } from "../../trust/payload-keys/payload-key.service";
import type { Actor } from "../../trust/identity/domain/actor";
import { ClusterSignals } from "../signals/domain/cluster-signals";
import type { Cluster, ClusterState } from "./domain/cluster";
import { ClusterStore } from "./domain/cluster-store";
import { CredentialStore } from "./domain/credential-store";
import {
  refusalOfMode,
  type TokenMode,
} from "./domain/sender-constraint.decide";

export const REGISTRATION_TOKEN_PURPOSE = "registration-token";

const MAX_NAME_CHARACTERS = 253;

export interface RegistrationToken {
  /** Shown once; only its hash is kept. */
  readonly token: string;
  readonly expiresAt: Date;
}

/** The registry of clusters: which there are, and who may become one. */
@Injectable()
export class ClusterService {
  constructor(
    private readonly masterKey: MasterKey,
    private readonly signals: ClusterSignals,
    private readonly trustCopy: TrustCopyService,
    private readonly payloadKeys: PayloadKeyService,
  ) {}

  /** Adds a pending cluster. `code` is its clusterId on the wire and can't be changed later. */
  async create(
    stores: Stores,
    actor: Actor,
    cluster: { code: string; name: string; simulated?: boolean },
  ): Promise<Cluster> {
    if (!/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/.test(cluster.code)) {
      throw new DomainError(
        "validation_failed",
        `code is "${cluster.code.slice(0, 80)}": use lower-case letters, digits, dots and hyphens, at most 63.`,
      );
    }
    refuseName(cluster.name);
    const id = newId();
    const isNew = await stores.get(ClusterStore).add({
      id,
      code: cluster.code,
      name: cluster.name || cluster.code,
      simulated: cluster.simulated ?? false,
    });
    if (!isNew)
      throw new DomainError(
        "already_exists",
        `code is "${cluster.code}": there is a cluster of that code; choose another.`,
      );
    await this.record(stores, actor, "cluster.create", {
      id,
      code: cluster.code,
    });
    return this.require(stores, id);
  }

  async rename(
    stores: Stores,
    actor: Actor,
    clusterId: string,
    name: string,
  ): Promise<void> {
    const cluster = await this.require(stores, clusterId);
    refuseName(name);
    await stores.get(ClusterStore).rename(clusterId, name);
    await this.record(stores, actor, "cluster.write", cluster);
  }

  /**
   * A single-use token with which the agent of this cluster registers; a new one replaces no other. The first that is used
   * ends the others.
   */
  async issueRegistrationToken(
    stores: Stores,
    actor: Actor,
    clusterId: string,
  ): Promise<RegistrationToken> {
    const cluster = await this.hold(stores, clusterId);
    if (cluster.state === "revoked" || cluster.state === "disabled") {
      throw new DomainError(
        "validation_failed",
        `Cluster ${cluster.code} is ${cluster.state}: enable it before you issue a registration token.`,
      );
    }
    const token = `vwr_${randomBytes(32).toString("base64url")}`;
    const hash = this.masterKey.hash(REGISTRATION_TOKEN_PURPOSE, token);
    const id = newId();
    const expiresAt = await stores.get(CredentialStore).addRegistrationToken({
      id,
      clusterId,
      hash,
      ttlSeconds: LIMITS.registrationTokenSeconds,
    });
    await this.record(stores, actor, "cluster.issue_registration_token", {
      ...cluster,
      detail: { token_id: id },
    });
    return { token, expiresAt };
  }

  /** The same for who may bring in a cluster, but not put another agent in the place of one. */
  async issueFirstRegistrationToken(
    stores: Stores,
    actor: Actor,
    clusterId: string,
  ): Promise<RegistrationToken> {
    const cluster = await this.hold(stores, clusterId);
    if (await stores.get(CredentialStore).hasConfirmed(clusterId))
      throw new DomainError(
        "forbidden",
        `Cluster ${cluster.code} has had an agent already: a token with which another registers in its place is issued by an admin of the gateway.`,
      );
    return this.issueRegistrationToken(stores, actor, clusterId);
  }

  /**
   * How the cluster's tokens are tied to who may send them. Counts at once, for every token; so it is refused while the
   * newest live credential could not meet it, which would lock the agent out.
   */
  async setTokenMode(
    stores: Stores,
    actor: Actor,
    clusterId: string,
    mode: TokenMode,
  ): Promise<void> {
    const cluster = await this.hold(stores, clusterId);
    if (cluster.tokenMode === mode) return;
    const live = await stores.get(CredentialStore).newestLive(clusterId);
    const refusal = refusalOfMode(mode, live?.confirmation);
    if (refusal !== undefined)
      throw new DomainError(
        "validation_failed",
        `token_mode of cluster ${cluster.code} can't be ${mode} yet: ${refusal}.`,
      );
    await stores.get(ClusterStore).setTokenMode(clusterId, mode);
    await this.record(stores, actor, "cluster.set_token_mode", {
      ...cluster,
      detail: { from: cluster.tokenMode, to: mode },
    });
  }

  /** @throws DomainError validation_failed where the cluster's agent could not meet it */
  async requirePayloadProtection(
    stores: Stores,
    actor: Actor,
    clusterId: string,
    changes: Partial<PayloadRequirements>,
  ): Promise<void> {
    const cluster = await this.hold(stores, clusterId);
    const named = {
      clusterId,
      clusterCode: cluster.code,
      isRegistered: cluster.state !== "pending",
    };
    const before = await this.payloadKeys.require(stores, named, changes);
    await this.record(stores, actor, "cluster.require_payload_protection", {
      ...cluster,
      detail: { from: { ...before }, to: { ...before, ...changes } },
    });
  }

  /**
   * Lets a registration count that waits for an admin's word: he has compared what is shown of it.
   * @param keyThumbprint of the registration that he means, "" where it has no key: another one may have come meanwhile
   */
  async confirmRegistration(
    stores: Stores,
    actor: Actor,
    clusterId: string,
    keyThumbprint: string,
  ): Promise<void> {
    const cluster = await this.hold(stores, clusterId);
    const credentials = stores.get(CredentialStore);
    const waiting = await credentials.newestUnconfirmed(clusterId);
    if (!waiting || cluster.state === "revoked")
      throw new DomainError(
        "validation_failed",
        `No registration of cluster ${cluster.code} waits to be confirmed.`,
      );
    const { jkt = "" } = waiting.confirmation;
    if (jkt !== keyThumbprint)
      throw new DomainError(
        "conflict",
        `key_thumbprint is "${keyThumbprint.slice(0, 80)}", and the registration that waits has "${jkt}": compare again, another one may have come.`,
      );
    await credentials.confirm(clusterId, waiting.credentialId);
    await credentials.endUnusedTokens(clusterId);
    const clusters = stores.get(ClusterStore);
    await clusters.setFacts(clusterId, { clusterUid: waiting.clusterUid });
    if (cluster.state === "pending")
      await clusters.setState(clusterId, "active");
    // A poll that waits looks again, and gets its jobs.
    stores.afterCommit(() => this.signals.signal(clusterId));
    await this.record(stores, actor, "cluster.confirm_registration", {
      ...cluster,
      detail: {
        credential_id: waiting.credentialId,
        key_thumbprint: jkt,
        cluster_uid: waiting.clusterUid,
        address: waiting.address,
      },
    });
  }

  /** Ends every credential of the cluster, for good; what runs there goes on running. */
  async revoke(stores: Stores, actor: Actor, clusterId: string): Promise<void> {
    const cluster = await this.hold(stores, clusterId);
    if (cluster.state === "revoked") return;
    await stores.get(CredentialStore).revokeAll(clusterId);
    stores.afterCommit(() => this.trustCopy.soon());
    await this.changeState(stores, actor, cluster, {
      state: "revoked",
      action: "cluster.revoke",
    });
  }

  async disable(
    stores: Stores,
    actor: Actor,
    clusterId: string,
  ): Promise<void> {
    const cluster = await this.hold(stores, clusterId);
    if (cluster.state === "revoked")
      throw new DomainError(
        "validation_failed",
        `Cluster ${cluster.code} is revoked.`,
      );
    if (cluster.state === "disabled") return;
    await this.changeState(stores, actor, cluster, {
      state: "disabled",
      action: "cluster.disable",
    });
  }

  async enable(stores: Stores, actor: Actor, clusterId: string): Promise<void> {
    const cluster = await this.hold(stores, clusterId);
    if (cluster.state !== "disabled") return;
    // Enabled is what it was before: active only where an agent ever registered.
    const wasActive = await stores.get(CredentialStore).hasConfirmed(clusterId);
    await this.changeState(stores, actor, cluster, {
      state: wasActive ? "active" : "pending",
      action: "cluster.enable",
    });
  }

  /** @throws DomainError not_found */
  async require(stores: Stores, clusterId: string): Promise<Cluster> {
    return found(await stores.get(ClusterStore).byId(clusterId));
  }

  /** The same, holding its row: changes of a cluster's state take turns. */
  private async hold(stores: Stores, clusterId: string): Promise<Cluster> {
    return found(await stores.get(ClusterStore).lock(clusterId));
  }

  private async changeState(
    stores: Stores,
    actor: Actor,
    cluster: Cluster,
    change: { state: ClusterState; action: string },
  ): Promise<void> {
    await stores.get(ClusterStore).setState(cluster.id, change.state);
    // A poll that waits looks again, and is refused.
    stores.afterCommit(() => this.signals.signal(cluster.id));
    await this.record(stores, actor, change.action, cluster);
  }

  private record(
    stores: Stores,
    actor: Actor,
    action: string,
    cluster: {
      readonly id: string;
      readonly code: string;
      readonly detail?: Readonly<Record<string, unknown>>;
    },
  ): Promise<void> {
    const { id, code, detail = {} } = cluster;
    const subject = { type: "cluster", id, name: code };
    return stores.get(AuditStore).append(actor, { action, subject, detail });
  }
}

function refuseName(name: string): void {
  if (name.length > MAX_NAME_CHARACTERS || !isStorable(name))
    throw new DomainError(
      "validation_failed",
      `name must have at most ${MAX_NAME_CHARACTERS} characters, without U+0000 and lone surrogates.`,
    );
}

function found(cluster: Cluster | undefined): Cluster {
  if (!cluster) throw new DomainError("not_found", "There is no such cluster.");
  return cluster;
}
