import type { DomainField, DomainModel, OdooFieldType } from "../domain-model";
import type { RecordReader } from "../evaluate-domain";

export interface SampleField extends DomainField {
  readonly relation?: string;
}

/** A record in memory: plain values by field, and for relations the ids. */
export interface SampleRecord {
  readonly model: string;
  readonly id: number;
  readonly values: Readonly<Record<string, string | number | boolean | null>>;
  readonly links: Readonly<Record<string, readonly number[]>>;
}

type Types = Record<string, OdooFieldType | [OdooFieldType, string]>;

const TYPES: Record<string, Types> = {
  cluster: {
    id: "integer",
    name: "char",
    state: "selection",
    size: "integer",
    load: "float",
    connected: "boolean",
    last_seen: "datetime",
    born: "date",
    conditions: "json",
    instance_ids: ["one2many", "instance"],
  },
  instance: {
    id: "integer",
    name: "char",
    cluster_id: ["many2one", "cluster"],
  },
};

function modelOf(name: string): DomainModel<SampleField> {
  const types = TYPES[name] ?? {};
  return {
    name,
    displayField: "name",
    field(field) {
      const type = Object.hasOwn(types, field) ? types[field] : undefined;
      if (type === undefined) return undefined;
      return typeof type === "string"
        ? { name: field, type }
        : { name: field, type: type[0], relation: type[1] };
    },
    comodel: ({ relation }) =>
      relation === undefined ? undefined : modelOf(relation),
  };
}

export const clusterModel = modelOf("cluster");
export const instanceModel = modelOf("instance");

const cluster = (
  id: number,
  values: SampleRecord["values"],
  instances: readonly number[],
): SampleRecord => ({
  model: "cluster",
  id,
  values: { id, ...values },
  links: { instance_ids: instances },
});

const instance = (
  id: number,
  name: string | null,
  clusters: readonly number[],
): SampleRecord => ({
  model: "instance",
  id,
  values: { id, name },
  links: { cluster_id: clusters },
});

/** Values that are set, empty and not set, in each field. */
export const RECORDS: readonly SampleRecord[] = [
  cluster(
    1,
    {
      name: "Alpha",
      state: "active",
      size: 3,
      load: 0.5,
      connected: true,
      last_seen: "2026-01-31 23:59:59.7",
      born: "2026-01-31",
      conditions: "[]",
    },
    [1, 2],
  ),
  cluster(
    2,
    {
      name: "beta_2",
      state: "pending",
      size: -1,
      load: 2,
      connected: false,
      last_seen: "2026-01-31 00:00:00",
      born: "2026-02-01",
      conditions: null,
    },
    [3],
  ),
  cluster(
    3,
    {
      name: "",
      state: "active",
      size: 0,
      load: 0,
      connected: null,
      last_seen: "2026-02-01 00:00:00",
      born: null,
      conditions: "{}",
    },
    [],
  ),
  cluster(
    4,
    {
      name: null,
      state: null,
      size: null,
      load: null,
      connected: null,
      last_seen: null,
      born: null,
      conditions: null,
    },
    [],
  ),
  instance(1, "shop", [1]),
  instance(2, "Alpha", [1]),
  instance(3, "%", [2]),
  instance(4, null, []),
];

export const reader: RecordReader<SampleField, SampleRecord> = {
  id: (record) => record.id,
  value: (record, field) => record.values[field.name] ?? null,
  related: (record, field) =>
    RECORDS.filter(
      (one) =>
        one.model === field.relation &&
        record.links[field.name]?.includes(one.id),
    ),
};
