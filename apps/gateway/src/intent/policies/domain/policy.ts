import type { ExternalMarks } from "../../external-marks";

/** What an organization lets happen: on all its clusters, or besides on one. An empty list allows nothing. */
export interface Policy extends PolicyFields, ExternalMarks {
  readonly id: string;
}

export interface PolicyFields {
  readonly name: string;
  /** Null: for every cluster of the organization. */
  readonly cluster_id: string | null;
  /** Names or patterns with `*`. */
  readonly allowed_namespaces: readonly string[];
  readonly allowed_catalog_codes: readonly string[];
  readonly allowed_chart_url_prefixes: readonly string[];
  /** Patterns of type/engine such as `Backup/velero` or `Restore/*`; empty: backups, with every engine. */
  readonly allowed_operations: readonly string[];
  /** Patterns as above. */
  readonly require_approval_for: readonly string[];
  /** Whether who asked for an operation can't be the one who approves it. */
  readonly four_eyes: boolean;
  /** Whether a cluster that registers waits for an admin's word. */
  readonly confirm_registration: boolean;
  /** When operations and changes of instances may begin; empty: always. As {@link PolicyWindow}; what it is told is checked. */
  readonly maintenance_windows: readonly unknown[];
  readonly max_instances: number | null;
  /** A semver range, or null for any version. */
  readonly version_constraint: string | null;
}

/** A recurring time; timezone: an IANA name, absent: UTC. */
export interface PolicyWindow {
  readonly cron: string;
  readonly duration_minutes: number;
  readonly timezone?: string;
}

export abstract class PolicyStore {
  /** Holds the row until the transaction ends. */
  abstract lock(id: string): Promise<Policy | undefined>;
  /** The organization's policy and the cluster's own. */
  abstract applicable(clusterId: string): Promise<readonly Policy[]>;
  /**
   * The same. Those with a limit of instances are held until the transaction ends, so that two that count at once can't
   * both find room.
   */
  abstract lockApplicable(clusterId: string): Promise<readonly Policy[]>;
  /** False when there is one for that scope. */
  abstract add(policy: Policy): Promise<boolean>;
  abstract save(policy: Policy): Promise<void>;
  abstract remove(id: string): Promise<void>;
}
