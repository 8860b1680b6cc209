import type { RpcValue } from "@vworkspace/odoo-rpc";
import { INSTANCE, type OutageWorld } from "./outage-world";

/** What both sides have to agree on. */
const SHARED = [
  "name",
  "external_ref",
  "intent_version",
  "values_json",
  "suspended",
  "state",
  "generation",
  "observed_generation",
] as const;

export type Side = Readonly<
  Record<(typeof SHARED)[number], string | number | boolean>
>;

/** All applications of Odoo that were deployed, by name. */
export async function odooSide({ admin }: OutageWorld): Promise<Sides> {
  return sideOf(
    await admin.call(INSTANCE, "search_read", [[["state", "!=", "draft"]]], {
      fields: [...SHARED],
      order: "id",
      context: { active_test: false },
    }),
  );
}

/** All applications of the gateway, by name. */
export async function gatewaySide({ gateway }: OutageWorld): Promise<Sides> {
  return sideOf(
    await gateway.call(INSTANCE, "search_read", [[]], {
      fields: [...SHARED],
      limit: 0,
      order: "id",
    }),
  );
}

export type Sides = ReadonlyMap<string, Side>;

/** Where several have a name, the newest counts: the others are removed. */
function sideOf(records: RpcValue): Sides {
  return new Map(
    (records as unknown as Side[]).map((record) => [
      String(record.name),
      Object.fromEntries(SHARED.map((name) => [name, record[name]])) as Side,
    ]),
  );
}

/** In words, what Odoo has otherwise than the gateway, and what hasn't come to rest. */
export function differences(ours: Sides, theirs: Sides): string[] {
  return [...ours.values()].flatMap((own) => {
    const other = theirs.get(String(own.name));
    if (other === undefined) return [`${own.name}: the gateway has none`];
    if (!RESTING.includes(String(own.state)))
      return [`${own.name}: ${own.state}`];
    return SHARED.filter((field) => own[field] !== other[field]).map(
      (field) =>
        `${own.name}: ${field} is ${own[field]}, the gateway's ${other[field]}`,
    );
  });
}

const RESTING = ["ready", "suspended", "deleted"];
