import type { OperationType } from "../operation";
import type { StructuralSchema } from "../structural-schema";

/** What one engine takes: of which types, and with which parameters. */
export interface EngineParameters {
  readonly types: readonly OperationType[];
  readonly schema: StructuralSchema & { readonly type: "object" };
  /** Needed for operations of a type, besides what the schema always requires. */
  readonly requiredFor?: Readonly<
    Partial<Record<OperationType, readonly string[]>>
  >;
  /** Older spelling → field. */
  readonly aliases?: Readonly<Record<string, string>>;
}

export const EVERY_TYPE: readonly OperationType[] = [
  "Backup",
  "Restore",
  "Upgrade",
  "Migration",
  "RunCommand",
  "Runbook",
];
