import { DomainError } from "@vworkspace/kernel";
import {
  bindDomain,
  isList,
  isStruct,
  parseDomain,
  type RpcStruct,
  RpcUsageError,
  type RpcValue,
} from "@vworkspace/odoo-rpc";
import { RecordStore } from "../../../database/records/record-store";
import type { Stores } from "../../../database/unit-of-work";
import type {
  FieldValues,
  ModelCall,
  ModelChanges,
  ModelMethod,
} from "../registry/model-method";
import type { OdooModel } from "../registry/odoo-model";
import { readValues } from "../registry/read-values";
import { withKeys } from "./with-keys";

/** Records that one call makes or changes, at most. */
const MAX_RECORDS = 100;

/** One transaction of a call, which a repeat of its request_id gets the answer of. */
export type RunChange = <T extends RpcValue>(
  call: ModelCall,
  method: string,
  work: (stores: Stores) => Promise<T>,
) => Promise<T>;

/** Who calls, and how the model's records change. */
interface Upserting {
  readonly call: ModelCall;
  readonly changes: ModelChanges;
}

/** A record as it is known by a bridge's own name for it. */
interface Known {
  readonly number: number;
  readonly key: string;
  readonly version: number | null;
}

/**
 * `upsert`: makes the record of an external_ref, or changes it where intent_version is above the one that is known; a version
 * that isn't changes nothing. Answers with what is there afterwards.
 */
export function upsertMethod(
  changes: ModelChanges,
  run: RunChange,
): ModelMethod {
  return {
    parameters: ["vals_list"],
    takesIds: false,
    run: (call) => {
      const all = valsOf(call.args["vals_list"]);
      return run(call, "upsert", async (stores) => {
        const answers: RpcStruct[] = [];
        for (const vals of all)
          answers.push(await upsert(stores, { call, changes }, vals));
        return answers;
      });
    },
  };
}

/** `remove`: the tombstone of the record of an external_ref; a repeat changes nothing. */
export function removeMethod(
  remove: NonNullable<ModelChanges["remove"]>,
  run: RunChange,
): ModelMethod {
  return {
    parameters: ["external_ref", "intent_version"],
    takesIds: false,
    run: (call) =>
      run(call, "remove", async (stores): Promise<RpcStruct> => {
        const { ref, version } = marksOf(call.args);
        const { model } = call.entry;
        const known = await find(stores, model, ref);
        if (known === undefined) return { external_ref: ref, state: "absent" };
        const change = { key: known.key, intentVersion: version };
        await remove(stores, call.actor, change);
        return answerOf(stores, model, ref);
      }),
  };
}

function valsOf(given: RpcValue | undefined): readonly RpcStruct[] {
  const all = isList(given) ? given : [given];
  if (all.length > MAX_RECORDS)
    throw new RpcUsageError(
      `One call changes at most ${MAX_RECORDS} records, and ${all.length} were sent; use several calls.`,
    );
  if (all.every(isStruct)) return all;
  throw new RpcUsageError(
    "upsert takes a list of structs, of field names and values.",
  );
}

function marksOf(vals: Readonly<Record<string, RpcValue | undefined>>) {
  const { external_ref: ref, intent_version: version } = vals;
  if (typeof ref !== "string" || ref === "")
    throw new DomainError(
      "validation_failed",
      "external_ref is missing: give the record's own id on your side.",
    );
  if (typeof version !== "number" || !Number.isSafeInteger(version))
    throw new DomainError(
      "validation_failed",
      "intent_version is missing: give a whole number that rises with each change.",
    );
  return { ref, version };
}

async function upsert(
  stores: Stores,
  { call, changes }: Upserting,
  vals: RpcStruct,
): Promise<RpcStruct> {
  const { model } = call.entry;
  const { ref, version } = marksOf(vals);
  const known = await find(stores, model, ref);
  if (known === undefined) {
    const values = await valuesOf(stores, call, { vals, isCreate: true });
    await changes.create?.(stores, call.actor, values);
  } else if (known.version === null || version > known.version) {
    const { external_ref: _ref, ...rest } = changeable(model, vals);
    const change = { vals: rest, isCreate: false };
    const values = await valuesOf(stores, call, change);
    await changes.write?.(stores, call.actor, { key: known.key, values });
  }
  return answerOf(stores, model, ref);
}

/** Without what can't change any more, since it is what it was when the record was made. */
function changeable(model: OdooModel, vals: RpcStruct): RpcStruct {
  return Object.fromEntries(
    Object.entries(vals).filter(
      ([name]) => model.field(name)?.writable !== "on create",
    ),
  );
}

async function valuesOf(
  stores: Stores,
  { entry: { model }, wire }: ModelCall,
  { vals, isCreate }: { vals: RpcStruct; isCreate: boolean },
): Promise<FieldValues> {
  const numbered = await withNumbers(stores, model, vals);
  const values = readValues(model, numbered, { isCreate, wire });
  return withKeys(stores, model, values);
}

/** A bridge knows records by their public names, not by the gateway's ids. */
async function withNumbers(
  stores: Stores,
  model: OdooModel,
  vals: RpcStruct,
): Promise<RpcStruct> {
  const numbered = { ...vals };
  for (const [name, value] of Object.entries(vals)) {
    const target = model.field(name)?.target?.() as OdooModel | undefined;
    if (target === undefined || typeof value !== "string" || value === "")
      continue;
    const by = target.field("code") ? "code" : "external_ref";
    const number = await numberOf(stores, target, [by, "=", value]);
    if (number === undefined)
      throw new DomainError(
        "validation_failed",
        `${name} is "${value.slice(0, 80)}": there is no ${target.name} of that ${by}.`,
      );
    numbered[name] = number;
  }
  return numbered;
}

async function numberOf(
  stores: Stores,
  model: OdooModel,
  condition: readonly [string, "=", string],
): Promise<number | undefined> {
  const domain = bindDomain(parseDomain([condition]), model);
  const records = stores.get(RecordStore);
  return (await records.search(model, { domain, limit: 1 }))[0];
}

async function find(
  stores: Stores,
  model: OdooModel,
  ref: string,
): Promise<Known | undefined> {
  const number = await numberOf(stores, model, ["external_ref", "=", ref]);
  if (number === undefined) return undefined;
  const records = stores.get(RecordStore);
  const fields = [model.require("intent_version")];
  const [row] = await records.read(model, fields, [number]);
  const key = (await records.keysOf(model, [number])).get(number);
  if (key === undefined) return undefined;
  const version = row?.["intent_version"] ?? null;
  return { number, key, version: version === null ? null : Number(version) };
}

/** As the gateway has it; false for what records of the model don't have. */
async function answerOf(
  stores: Stores,
  model: OdooModel,
  ref: string,
): Promise<RpcStruct> {
  const number = await numberOf(stores, model, ["external_ref", "=", ref]);
  const names = ["intent_version", "generation", "state"];
  const fields = names.flatMap((name) => model.field(name) ?? []);
  const [row] =
    number === undefined
      ? []
      : await stores.get(RecordStore).read(model, fields, [number]);
  return {
    external_ref: ref,
    id: number ?? false,
    intent_version: Number(row?.["intent_version"] ?? 0),
    generation: model.field("generation")
      ? Number(row?.["generation"] ?? 0)
      : false,
    state: typeof row?.["state"] === "string" ? row["state"] : false,
  };
}
