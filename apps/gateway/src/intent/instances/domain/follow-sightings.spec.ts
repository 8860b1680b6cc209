import { objectKey } from "../../../delivery/domain/desired-object";
import { followSightings, type Sighting } from "./follow-sightings";
import { type Instance, instanceObject } from "./instance";

const instance: Instance = {
  id: "i",
  cluster_id: "c",
  catalog_entry_id: "e",
  namespace: "prod",
  name: "shop",
  chart_version: "1.0.0",
  values_json: "{}",
  values_secret_ref: null,
  integrations: {},
  suspended: false,
  generation: 1,
  observed_generation: 0,
  state: "deploying",
  external_ref: null,
  intent_version: null,
};
const object = instanceObject(instance);
const instances = new Map([[objectKey(object), instance]]);

const sighting = (type: string, name = "shop"): Sighting => ({
  object: { ...object, name },
  observation: {
    present: true,
    intentGeneration: 1,
    conditions: [{ type, status: "True" }],
  },
  endpoints: [type],
});

describe("sightings of instances, one after the other", () => {
  it("tell every new state that one came to, and the last that was seen", () => {
    const { seen, changed } = followSightings(instances, [
      sighting("Ready"),
      sighting("Ready"),
      sighting("Degraded"),
      sighting("Ready"),
    ]);
    expect(changed.map(({ state }) => state)).toEqual([
      "ready",
      "degraded",
      "ready",
    ]);
    expect(seen).toMatchObject([
      { id: "i", state: "ready", endpoints: ["Ready"] },
    ]);
  });

  it("of what is no instance say nothing", () => {
    expect(followSightings(instances, [sighting("Ready", "other")])).toEqual({
      seen: [],
      changed: [],
    });
  });
});
