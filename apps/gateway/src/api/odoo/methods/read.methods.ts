import { Injectable } from "@nestjs/common";
import { DomainError } from "@vworkspace/kernel";
import {
  bindDomain,
  parseDomain,
  parseFieldNames,
  parseLimit,
  parseOffset,
  parseOrder,
  RpcUsageError,
  type RpcStruct,
  type RpcValue,
} from "@vworkspace/odoo-rpc";
import { RecordStore } from "../../../database/records/record-store";
import { type Stores, UnitOfWork } from "../../../database/unit-of-work";
import { describeFields } from "../registry/describe-fields";
import type { ModelField } from "../registry/model-field";
import type { ModelCall, ModelMethod } from "../registry/model-method";
import { ownDomain } from "../registry/own-domain";
import { presentRecord } from "../registry/present-record";
import type { OdooModel } from "../registry/odoo-model";
import { domainOf } from "./call-domain";
import { nameSearch } from "./name-search";
import { READ_LIMITS } from "./read-limits";
import { readGroup } from "./read-group";

/** Records per query: with the largest values a batch stays far below the limit of characters. */
const BATCH = 100;

/** The methods that read, the same for every model. */
@Injectable()
export class ReadMethods {
  readonly methods: Readonly<Record<string, ModelMethod>> = {
    search: {
      parameters: ["domain", "offset", "limit", "order"],
      takesIds: false,
      run: (call) => this.inStores(call, (records) => search(records, call)),
    },
    search_count: {
      parameters: ["domain", "limit"],
      takesIds: false,
      run: (call) => this.inStores(call, (records) => count(records, call)),
    },
    search_read: {
      parameters: ["domain", "fields", "offset", "limit", "order", "load"],
      takesIds: false,
      run: (call) =>
        this.inStores(call, (records) => searchRead(records, call)),
    },
    name_search: {
      parameters: ["name", "domain", "operator", "limit"],
      takesIds: false,
      run: (call) =>
        this.inStores(call, (records) => nameSearch(records, call)),
    },
    read_group: {
      parameters: [
        "domain",
        "fields",
        "groupby",
        "offset",
        "limit",
        "orderby",
        "lazy",
      ],
      takesIds: false,
      run: (call) => this.inStores(call, (records) => readGroup(records, call)),
    },
    read: {
      parameters: ["fields", "load"],
      takesIds: true,
      run: (call) =>
        this.inStores(call, async (records) =>
          read(records, call, await reachable(records, call)),
        ),
    },
    fields_get: {
      parameters: ["allfields", "attributes"],
      takesIds: false,
      run: ({ entry, args }) =>
        Promise.resolve(
          describeFields(entry.model, args["allfields"], args["attributes"]),
        ),
    },
    // What the gateway fills in depends on the rest of the record, so there is nothing to fill in beforehand.
    default_get: {
      parameters: ["fields"],
      takesIds: false,
      run: () => Promise.resolve({}),
    },
  };

  constructor(private readonly unitOfWork: UnitOfWork) {}

  private inStores<T>(
    { actor, entry }: ModelCall,
    work: (records: RecordStore) => Promise<T>,
  ): Promise<T> {
    if (entry.records) return work(entry.records);
    return this.unitOfWork.inOrganization(
      actor.organizationId,
      (stores: Stores) => work(stores.get(RecordStore)),
    );
  }
}

async function search(
  records: RecordStore,
  call: ModelCall,
  most: number = READ_LIMITS.ids,
): Promise<readonly number[]> {
  const { args, entry } = call;
  const { model } = entry;
  const limit = parseLimit(args["limit"]);
  const ids = await records.search(model, {
    domain: domainOf(call),
    order: parseOrder(args["order"], (name) => isSortable(model, name)),
    offset: parseOffset(args["offset"]),
    limit: Math.min(limit ?? Infinity, most + 1),
  });
  if (ids.length <= most) return ids;
  throw tooMany(`more than ${most} records of ${model.name} match`);
}

async function count(records: RecordStore, call: ModelCall): Promise<number> {
  const limit = parseLimit(call.args["limit"]);
  const most = Math.min(limit ?? Infinity, READ_LIMITS.counted + 1);
  const found = await records.count(call.entry.model, domainOf(call), most);
  if (found <= READ_LIMITS.counted) return found;
  throw new DomainError(
    "validation_failed",
    `search_count: more than ${READ_LIMITS.counted} records of ${call.entry.model.name} match; narrow the domain or give a limit.`,
  );
}

async function searchRead(
  records: RecordStore,
  call: ModelCall,
): Promise<readonly RpcStruct[]> {
  // A wrong field name is told before anything is searched.
  fieldsOf(call);
  const ids = await search(records, call, READ_LIMITS.records);
  return read(records, call, ids);
}

/** In the order of the ids, each as often as it is named; those that don't exist are left out. */
async function read(
  records: RecordStore,
  call: ModelCall,
  ids: readonly number[],
): Promise<readonly RpcStruct[]> {
  const { entry, wire } = call;
  const fields = fieldsOf(call);
  if (ids.length > READ_LIMITS.records)
    throw tooMany(`${ids.length} records of ${entry.model.name} are asked for`);
  const how = { fields, wire, withNames: withNames(call.args["load"]) };
  const distinct = [...new Set(ids)];
  const found = new Map<number, RpcStruct>();
  let characters = 0;
  for (let start = 0; start < distinct.length; start += BATCH) {
    const batch = distinct.slice(start, start + BATCH);
    for (const row of await records.read(entry.model, fields, batch)) {
      const record = presentRecord(row, how);
      characters += JSON.stringify(record).length;
      found.set(row.id, record);
    }
    if (characters > READ_LIMITS.characters)
      throw tooMany(
        `the answer has more than ${READ_LIMITS.characters} characters`,
      );
  }
  return ids
    .map((id) => found.get(id))
    .filter((record) => record !== undefined);
}

function tooMany(what: string): DomainError {
  return new DomainError(
    "validation_failed",
    `At most ${READ_LIMITS.records} records are read and ${READ_LIMITS.ids} ids searched at once, and ${what}: use limit and offset, or name fewer fields.`,
  );
}

/** The ids of the call that its caller may reach, in its order. */
async function reachable(
  records: RecordStore,
  call: ModelCall,
): Promise<readonly number[]> {
  const own = ownDomain(call);
  if (own.length === 0 || call.ids.length === 0) return call.ids;
  const { model } = call.entry;
  const domain = bindDomain(parseDomain(own), model);
  const found = new Set(
    await records.search(model, { domain, limit: READ_LIMITS.ids }),
  );
  return call.ids.filter((id) => found.has(id));
}

function fieldsOf(call: ModelCall): readonly ModelField[] {
  const { model } = call.entry;
  const known = model.fields.map((field) => field.name);
  return parseFieldNames(call.args["fields"], known).map((name) =>
    model.require(name),
  );
}

function isSortable(model: OdooModel, name: string): boolean {
  const field = model.field(name);
  if (field?.type === "json")
    throw new RpcUsageError(
      `order: ${name} is of type json, which has no order; leave it out.`,
    );
  return field !== undefined;
}

function withNames(load: RpcValue | undefined): boolean {
  return load === undefined || load === "_classic_read";
}
