import { approvalKid, verifyApproval } from "@vworkspace/contract";
import type { Clock } from "@vworkspace/kernel";
import {
  ANNOTATIONS,
  type ClusterSpec,
  type Operation,
} from "@vworkspace/resources";
import type { CredentialKeeper } from "../../control-plane/credential-keeper";
import type { SignedKeys } from "../../control-plane/signed-keys";
import { reasonOf } from "../../log";
import { Approvals } from "./approvals";
import type { Approval } from "./observation";

export interface ClaimApprovalsOptions {
  readonly keeper: Pick<CredentialKeeper, "credentials">;
  /** Of approvals. */
  readonly keys: SignedKeys;
  readonly clock: Clock;
  /** Milliseconds since the epoch, as right as the agent knows. */
  readonly now: () => number;
  /** What this cluster demands above what the gateway signs; undefined where that can't be known. */
  readonly security: () => Promise<
    Pick<ClusterSecurity, "requirePersonalApprovals"> | undefined
  >;
}

type ClusterSecurity = Required<ClusterSpec>["security"];

/** How far the agent's idea of time may be wrong. */
const TOLERANCE_SECONDS = 60;
/** For a key that the set does not have the set is asked for again no sooner. */
const UNKNOWN_KEY_PAUSE_MS = 10 * 60_000;
const MAX_UNKNOWN_KEYS = 64;

/**
 * Lets count what the gateway has signed for this very operation (agent contract, APR). Neither Odoo's database nor a relay,
 * nor whoever may write Operations here, can make such a claim.
 */
export class ClaimApprovals extends Approvals {
  /** By kid, when the set was found to lack it. */
  private readonly unknownKeys = new Map<string, number>();

  constructor(private readonly options: ClaimApprovalsOptions) {
    super();
  }

  override async judge(operation: Operation): Promise<Approval> {
    const { required, claim = "" } = operation.spec.approvals ?? {};
    if (required !== true) return { state: "not-required" };
    if (claim === "") return { state: "missing" };
    const { trustRoot, clusterId } = this.options.keeper.credentials ?? {};
    if (trustRoot === undefined || clusterId === undefined)
      return refused(
        "it can't be verified now: no trust root is pinned, which comes with the first signed job, or by registering with a gateway that signs",
      );
    const trouble = await this.bringKey(approvalKid(claim));
    if (trouble !== undefined)
      return refused(
        `it can't be verified now: the approval keys can't be had (${trouble})`,
      );
    return this.verify(operation, claim, clusterId);
  }

  private async verify(
    { metadata, spec }: Operation,
    claim: string,
    cluster: string,
  ): Promise<Approval> {
    const operationId = metadata.annotations?.[ANNOTATIONS.operationId];
    if (operationId === undefined)
      return refused(
        `the operation has no annotation ${ANNOTATIONS.operationId}, which a claim names: let the control plane create it`,
      );
    const { namespace = "", name } = metadata;
    const wanted = { operationId, cluster, namespace, name, spec };
    const keys = await this.options.keys.keys();
    const verdict = await verifyApproval(claim, wanted, {
      keyOf: (kid) => keys.get(kid),
      now: Math.floor(this.options.now() / 1000),
      toleranceSeconds: TOLERANCE_SECONDS,
    });
    if (!verdict.ok) return refused(verdict.message);
    const { amr, sub } = verdict.claim;
    if (amr.includes("odoo") && (await this.isPersonalOnly()))
      return refused(
        "only Odoo says that somebody approved it, and this cluster takes the approvals of people whom the control plane knows themselves (spec.security.requirePersonalApprovals of its Cluster object): let somebody approve it there",
      );
    return { state: "valid", by: sub };
  }

  private async isPersonalOnly(): Promise<boolean> {
    const security = await this.options.security();
    return security === undefined || security.requirePersonalApprovals === true;
  }

  /** Asks for the set where it may not have that key, or has had it for long. Why that failed, where it matters. */
  private async bringKey(kid: string | undefined): Promise<string | undefined> {
    const { keys, clock } = this.options;
    // Without one it is no claim, whatever the set.
    if (kid === undefined) return undefined;
    const now = clock.monotonic();
    if ((await keys.keys()).has(kid)) await keys.refreshStale();
    else {
      const askedAt = this.unknownKeys.get(kid) ?? -Infinity;
      if (now - askedAt < UNKNOWN_KEY_PAUSE_MS) return undefined;
      try {
        await keys.refresh();
      } catch (error) {
        return reasonOf(error);
      }
    }
    if (keys.askedAt >= now && !(await keys.keys()).has(kid))
      this.noteUnknown(kid, now);
    return undefined;
  }

  private noteUnknown(kid: string, now: number): void {
    this.unknownKeys.delete(kid);
    this.unknownKeys.set(kid, now);
    const [oldest] = this.unknownKeys.keys();
    if (this.unknownKeys.size > MAX_UNKNOWN_KEYS && oldest !== undefined)
      this.unknownKeys.delete(oldest);
  }
}

function refused(why: string): Approval {
  return { state: "refused", why };
}
