import { Inject, Injectable } from "@nestjs/common";
import { odooDateTime, type RpcStruct } from "@vworkspace/odoo-rpc";
import type { Stores } from "../../../database/unit-of-work";
import { JobService } from "../../../delivery/jobs/job.service";
import { ClusterService } from "../../../fleet/clusters/cluster.service";
import type { TokenMode } from "../../../fleet/clusters/domain/sender-constraint.decide";
import type { UserActor } from "../../../trust/identity/domain/actor";
import { ODOO_OPTIONS, type OdooOptions } from "../odoo-options";
import type { ModelChanges, RecordAction } from "../registry/model-method";

interface ClusterValues {
  readonly code: string;
  readonly name: string;
  readonly simulated?: boolean;
  readonly token_mode?: TokenMode;
  readonly require_signed_payloads?: boolean;
  readonly require_encrypted_payloads?: boolean;
}

@Injectable()
export class ClusterChanges implements ModelChanges {
  readonly actions: Readonly<Record<string, RecordAction>> = {
    action_issue_registration_token: {
      isForOne: true,
      isShownOnce: true,
      run: (stores, actor, key) => this.issueToken(stores, actor, key),
    },
    action_confirm_registration: {
      isForOne: true,
      parameters: ["key_thumbprint"],
      run: async (stores, actor, key, { key_thumbprint: thumbprint }) => {
        const said = typeof thumbprint === "string" ? thumbprint : "";
        await this.clusters.confirmRegistration(stores, actor, key, said);
        return undefined;
      },
    },
    action_revoke: this.order((...on) => this.clusters.revoke(...on)),
    action_disable: this.order((...on) => this.clusters.disable(...on)),
    action_enable: this.order((...on) => this.clusters.enable(...on)),
    action_rotate_credentials: this.order(async (stores, actor, key) => {
      const cluster = await this.clusters.require(stores, key);
      await this.jobs.orderIntent(
        stores,
        actor,
        cluster.id,
        "rotate-operator-credentials",
      );
    }),
  };

  constructor(
    private readonly clusters: ClusterService,
    private readonly jobs: JobService,
    @Inject(ODOO_OPTIONS) private readonly options: OdooOptions,
  ) {}

  readonly create: NonNullable<ModelChanges["create"]> = async (
    stores,
    actor,
    values,
  ) => {
    // readValues has checked each value against its field.
    const read = values as unknown as ClusterValues;
    const { code, name, simulated, token_mode: tokenMode } = read;
    const cluster = await this.clusters.create(stores, actor, {
      code,
      name,
      ...(simulated === undefined ? {} : { simulated }),
    });
    if (tokenMode !== undefined)
      await this.clusters.setTokenMode(stores, actor, cluster.id, tokenMode);
    await this.requireProtection(stores, actor, { key: cluster.id, read });
    return cluster.id;
  };

  readonly write: NonNullable<ModelChanges["write"]> = async (
    stores,
    actor,
    { key, values },
  ) => {
    const read = values as Partial<ClusterValues>;
    const { name, token_mode: mode } = read;
    if (name !== undefined)
      await this.clusters.rename(stores, actor, key, name);
    if (mode !== undefined)
      await this.clusters.setTokenMode(stores, actor, key, mode);
    await this.requireProtection(stores, actor, { key, read });
  };

  private async requireProtection(
    stores: Stores,
    actor: UserActor,
    change: { readonly key: string; readonly read: Partial<ClusterValues> },
  ): Promise<void> {
    const { require_signed_payloads: isSigned } = change.read;
    const { require_encrypted_payloads: isEncrypted } = change.read;
    if (isSigned === undefined && isEncrypted === undefined) return;
    await this.clusters.requirePayloadProtection(stores, actor, change.key, {
      ...(isSigned !== undefined && { isSigned }),
      ...(isEncrypted !== undefined && { isEncrypted }),
    });
  }

  private order(
    run: (stores: Stores, actor: UserActor, key: string) => Promise<void>,
  ): RecordAction {
    return {
      run: async (stores, actor, key) => {
        await run(stores, actor, key);
        return undefined;
      },
    };
  }

  private async issueToken(
    stores: Stores,
    actor: UserActor,
    key: string,
  ): Promise<RpcStruct> {
    const issued =
      actor.role === "bridge"
        ? await this.clusters.issueFirstRegistrationToken(stores, actor, key)
        : await this.clusters.issueRegistrationToken(stores, actor, key);
    return {
      token: issued.token,
      expires_at: odooDateTime(issued.expiresAt),
      install_command: installCommand(this.options.publicUrl(), issued.token),
    };
  }
}

/**
 * Puts the token where an agent in the cluster finds it. It goes in through standard input: an argument would be seen by
 * everybody who can list the machine's processes. An env file has no line end that would become part of the token.
 */
function installCommand(publicUrl: string, token: string): string {
  return [
    `# The agent needs CONTROL_PLANE_ENDPOINT=${publicUrl} and, as VWORKSPACE_REGISTRATION_TOKEN, this Secret's registrationToken.`,
    "kubectl create namespace vworkspace-system --dry-run=client -o yaml | kubectl apply -f -",
    "kubectl -n vworkspace-system create secret generic vworkspace-registration --from-env-file=/dev/stdin <<'END'",
    `registrationToken=${token}`,
    "END",
  ].join("\n");
}
