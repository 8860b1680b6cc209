import { Injectable } from "@nestjs/common";
import { DomainError } from "@vworkspace/kernel";
import {
  bindDomain,
  isList,
  parseDomain,
  RpcUsageError,
  type RpcStruct,
  type RpcValue,
} from "@vworkspace/odoo-rpc";
import { RecordStore } from "../../../database/records/record-store";
import type { Stores } from "../../../database/unit-of-work";
import { MutationService } from "../../../intent/mutations/mutation.service";
import type {
  ModelCall,
  ModelChanges,
  ModelMethod,
  RecordAction,
} from "../registry/model-method";
import { ownDomain } from "../registry/own-domain";
import { readValues } from "../registry/read-values";
import { removeMethod, type RunChange, upsertMethod } from "./upsert.methods";
import { withKeys } from "./with-keys";

/** Records that one call changes, at most: all of them in one transaction. */
const MAX_RECORDS = 100;
/** Far more records than anybody owns. */
const MAX_OWN = 10_000;

/** The methods that change records: create, write, unlink and a model's actions, each call one replay-safe transaction. */
@Injectable()
export class WriteMethods {
  constructor(private readonly mutations: MutationService) {}

  /** The methods that a model's changes allow. */
  of(changes: ModelChanges): Readonly<Record<string, ModelMethod>> {
    const { create, write, unlink } = changes;
    const methods: Record<string, ModelMethod> = {};
    if (create) methods["create"] = this.create(create);
    if (write) methods["write"] = this.write(write);
    if (unlink) methods["unlink"] = this.unlink(unlink);
    for (const [name, action] of Object.entries(changes.actions ?? {}))
      methods[name] = this.action(name, action);
    const run: RunChange = (...change) => this.run(...change);
    if (changes.isUpserted) methods["upsert"] = upsertMethod(changes, run);
    if (changes.remove) methods["remove"] = removeMethod(changes.remove, run);
    return methods;
  }

  private create(create: NonNullable<ModelChanges["create"]>): ModelMethod {
    const run = async (call: ModelCall): Promise<RpcValue> => {
      const given = call.args["vals_list"];
      const all = isList(given) ? given : [given];
      requireFew(all.length);
      const { model } = call.entry;
      const how = { isCreate: true, wire: call.wire };
      const read = all.map((vals) => readValues(model, vals, how));
      return this.run(call, "create", async (stores) => {
        const keys: string[] = [];
        for (const values of read) {
          const resolved = await withKeys(stores, model, values);
          keys.push(await create(stores, call.actor, resolved));
        }
        const numbers = await stores.get(RecordStore).numbersOf(model, keys);
        const ids = keys.map((key) => numbers.get(key) ?? 0);
        return isList(given) ? ids : (ids[0] ?? false);
      });
    };
    return { parameters: ["vals_list"], takesIds: false, run };
  }

  private write(write: NonNullable<ModelChanges["write"]>): ModelMethod {
    const run = (call: ModelCall): Promise<RpcValue> => {
      const { model } = call.entry;
      const how = { isCreate: false, wire: call.wire };
      const read = readValues(model, call.args["vals"], how);
      return this.run(call, "write", async (stores) => {
        const values = await withKeys(stores, model, read);
        for (const key of await keysOf(stores, call))
          await write(stores, call.actor, { key, values });
        return true;
      });
    };
    return { parameters: ["vals"], takesIds: true, run };
  }

  private unlink(unlink: NonNullable<ModelChanges["unlink"]>): ModelMethod {
    const run = (call: ModelCall): Promise<RpcValue> =>
      this.run(call, "unlink", async (stores) => {
        for (const key of await keysOf(stores, call))
          await unlink(stores, call.actor, key);
        return true;
      });
    return { parameters: [], takesIds: true, run };
  }

  private action(name: string, action: RecordAction): ModelMethod {
    const run = async (call: ModelCall): Promise<RpcValue | undefined> => {
      requireReplayable(name, action, call);
      const answer = await this.run(call, name, async (stores) => {
        const keys = await keysOf(stores, call);
        let last: RpcStruct | undefined;
        for (const key of keys)
          last = await action.run(stores, call.actor, key, call.args);
        return last ?? null;
      });
      return answer ?? undefined;
    };
    return { parameters: action.parameters ?? [], takesIds: true, run };
  }

  private run<T extends RpcValue>(
    call: ModelCall,
    method: string,
    work: (stores: Stores) => Promise<T>,
  ): Promise<T> {
    const mutation = {
      method: `${call.entry.model.name}.${method}`,
      call: { ids: call.ids, args: call.args },
      requestId: call.requestId,
    };
    return this.mutations.run(call.actor, mutation, work);
  }
}

/** An answer that is shown once stands nowhere, so it can't be given again: request_replays would hold it in clear. */
function requireReplayable(
  name: string,
  action: RecordAction,
  call: ModelCall,
): void {
  if (action.isForOne && call.ids.length !== 1)
    throw new DomainError(
      "validation_failed",
      `${name} is for one record; ${call.ids.length} ids were sent.`,
    );
  if (action.isShownOnce && call.requestId !== undefined)
    throw new DomainError(
      "validation_failed",
      `request_id can't be used with ${name}: its answer is shown once and kept nowhere; leave it out.`,
    );
}

function requireFew(count: number): void {
  if (count > MAX_RECORDS)
    throw new RpcUsageError(
      `One call changes at most ${MAX_RECORDS} records, and ${count} were sent; use several calls.`,
    );
}

/** UUIDs of the records that a call is about, each once. All must exist, or nothing is done. */
async function keysOf(
  stores: Stores,
  call: ModelCall,
): Promise<readonly string[]> {
  const numbers = [...new Set(call.ids)];
  requireFew(numbers.length);
  const { model } = call.entry;
  const records = stores.get(RecordStore);
  const keys = await records.keysOf(model, numbers);
  const own = await ownNumbers(records, call);
  return numbers.map((number) => {
    const key = keys.get(number);
    if (key !== undefined && (own?.has(number) ?? true)) return key;
    throw new DomainError(
      "not_found",
      `There is no ${model.name} with id ${number}.`,
    );
  });
}

/** Numbers of the caller's own records where it may reach no others: those are as if they weren't there. */
async function ownNumbers(
  records: RecordStore,
  call: ModelCall,
): Promise<ReadonlySet<number> | undefined> {
  const own = ownDomain(call);
  if (own.length === 0) return undefined;
  const { model } = call.entry;
  const domain = bindDomain(parseDomain(own), model);
  return new Set(await records.search(model, { domain, limit: MAX_OWN }));
}
