import type { ReadMethods } from "../methods/read.methods";
import type { WriteMethods } from "../methods/write.methods";
import type { ModelChanges, ModelEntry } from "../registry/model-method";
import { type Admit, ModelRegistry } from "../registry/model-registry";
import type { OdooModel } from "../registry/odoo-model";
import type { OdooOptions } from "../odoo-options";
import { makeModels } from "./make-models";
import { MemoryRecords } from "./memory-records";
import { contextGet } from "./users.model";

/** How the records of the models that can change are changed. */
export interface AllChanges {
  readonly organization: ModelChanges;
  readonly cluster: ModelChanges;
  readonly catalogEntry: ModelChanges;
  readonly policy: ModelChanges;
  readonly applicationInstance: ModelChanges;
  readonly operation: ModelChanges;
  readonly operationSchedule: ModelChanges;
  readonly operationSequence: ModelChanges;
  readonly apiKey: ModelChanges;
  readonly userSession: ModelChanges;
  readonly users: ModelChanges;
  readonly odooDatabase: ModelChanges;
}

/** Models of which some roles reach only the records of their own user. */
const OWNED_BY_USER: readonly string[] = [
  "apiKey",
  "userIdentity",
  "userSession",
  "odooDatabase",
];

/** What some fields are computed with. */
export type RecordSettings = Pick<
  OdooOptions,
  "disconnectAfterSeconds" | "publicUrl"
> & {
  /** Asked of every call that its role may make; nothing more is asked where it isn't given. */
  readonly admit?: Admit;
};

/** The one registry that every skin calls. */
export function makeRegistry(
  { disconnectAfterSeconds, publicUrl, admit }: RecordSettings,
  reads: ReadMethods,
  writes: WriteMethods,
  changes: AllChanges,
): ModelRegistry {
  const { irModel, users, ...models } = makeModels(
    disconnectAfterSeconds,
    publicUrl,
  );
  const changesOf = (name: string): ModelChanges =>
    changes[name as keyof AllChanges] ?? {};
  const entries: ModelEntry[] = Object.entries(models).map(([name, model]) => ({
    model,
    changes: changesOf(name),
    ...(OWNED_BY_USER.includes(name) && { ownedBy: "user_id" as const }),
  }));
  entries.push({
    model: users,
    changes: changes.users,
    ownedBy: "id",
    methods: { context_get: contextGet },
  });
  const all = [...entries.map((entry) => entry.model), irModel];
  entries.push({ model: irModel, changes: {}, records: modelRecords(all) });
  return new ModelRegistry(
    entries.map((entry) => ({
      ...entry,
      methods: {
        ...reads.methods,
        ...writes.of(entry.changes),
        ...entry.changes.methods,
        ...entry.methods,
      },
    })),
    admit,
  );
}

function modelRecords(models: readonly OdooModel[]): MemoryRecords {
  return new MemoryRecords(
    models.map((model, index) => ({
      id: index + 1,
      model: model.name,
      name: model.label,
      display_name: model.label,
      transient: false,
    })),
  );
}
