import type { Clock } from "@vworkspace/kernel";
import type { KubeApi, KubeObject } from "@vworkspace/kube";
import {
  ANNOTATIONS,
  type ClusterSpec,
  FIELD_MANAGERS,
} from "@vworkspace/resources";
import { ControlPlaneError } from "../../control-plane/control-plane-error";
import type { CredentialKeeper } from "../../control-plane/credential-keeper";
import { type Registrar, tokenDigest } from "../../control-plane/registrar";
import { type Log, reasonOf } from "../../log";
import { credentialWish } from "./credential.decide";

export interface ClusterCredentialOptions {
  readonly api: KubeApi;
  readonly registrar: Registrar;
  readonly keeper: CredentialKeeper;
  readonly clock: Clock;
  readonly log: Log;
  readonly agentNamespace: string;
}

const DEFAULT_KEY = "registrationToken";
const NOT_DONE =
  "What the Cluster object asks about the credential could not be done.";

/** Does what the Cluster object asks about the agent's credential: a token to register with, a rotation. */
export class ClusterCredential {
  constructor(private readonly options: ClusterCredentialOptions) {}

  get facts() {
    const { credentials } = this.options.keeper;
    if (credentials === undefined) return undefined;
    const { registrationTokenDigest, current } = credentials;
    return {
      ...(current.issuedAt !== undefined && { issuedAt: current.issuedAt }),
      ...(registrationTokenDigest !== undefined && { registrationTokenDigest }),
    };
  }

  /**
   * Never fails: what could not be done now is tried again at the next reconcile.
   * @returns the value of the annotation that is dealt with now
   */
  async follow(cluster: KubeObject): Promise<string | undefined> {
    const { log, keeper } = this.options;
    try {
      this.options.registrar.offer(await this.tokenOf(cluster));
      if (keeper.credentials === undefined) return undefined;
      const handled = await this.grant(cluster);
      await this.clear(cluster, this.spentFields(cluster));
      return handled;
    } catch (error) {
      log.warn({ reason: reasonOf(error) }, NOT_DONE);
      return undefined;
    }
  }

  private async grant(cluster: KubeObject): Promise<string | undefined> {
    const { registrar, clock } = this.options;
    const wish = credentialWish(cluster, this.facts?.issuedAt, clock.now());
    if (wish.type === "none") {
      await registrar.useNewToken();
      return undefined;
    }
    await this.unlessRefused(() => registrar.renew());
    if (wish.type === "renew" && !wish.isFlag) return wish.handles;
    const flag =
      wish.type === "rotate"
        ? { spec: { rotateCredentials: null } }
        : {
            metadata: {
              annotations: { [ANNOTATIONS.rotateCredentials]: null },
            },
          };
    await this.clear(cluster, flag);
    return undefined;
  }

  /** What the control plane refuses is dealt with too: asking the same again would not help. */
  private async unlessRefused(renew: () => Promise<void>): Promise<void> {
    try {
      await renew();
    } catch (error) {
      if (!(error instanceof ControlPlaneError) || error.isRetryable)
        throw error;
      this.options.log.error({ reason: reasonOf(error) }, NOT_DONE);
    }
  }

  /** An inline token is cleared once it was used: it has no business in an object that many may read. */
  private spentFields(cluster: KubeObject): object | undefined {
    const { registrationToken } = specOf(cluster);
    const used = this.facts?.registrationTokenDigest;
    const isSpent =
      registrationToken && tokenDigest(registrationToken) === used;
    return isSpent ? { spec: { registrationToken: null } } : undefined;
  }

  private async clear(
    cluster: KubeObject,
    fields: object | undefined,
  ): Promise<void> {
    if (fields === undefined) return;
    const { apiVersion, kind } = cluster;
    await this.options.api.patch(
      { apiVersion, kind, name: cluster.metadata.name },
      fields,
      { fieldManager: FIELD_MANAGERS.operator },
    );
  }

  private async tokenOf(cluster: KubeObject): Promise<string | undefined> {
    const { registrationTokenSecretRef: ref, registrationToken } =
      specOf(cluster);
    if (ref === undefined) return registrationToken || undefined;
    const secret = await this.options.api.get<
      KubeObject & { data?: Record<string, string> }
    >({
      apiVersion: "v1",
      kind: "Secret",
      namespace: this.options.agentNamespace,
      name: ref.name,
    });
    const encoded = secret?.data?.[ref.key ?? DEFAULT_KEY] ?? "";
    return Buffer.from(encoded, "base64").toString("utf8").trim() || undefined;
  }
}

function specOf(cluster: KubeObject): ClusterSpec {
  return cluster["spec"] ?? {};
}
