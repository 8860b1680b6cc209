import fc from "fast-check";
import { controlPlaneEndpointOf } from "./cluster";
import {
  applicationInstanceDefaults,
  clusterDefaults,
} from "./resource-defaults";
import { RESOURCE_DEFINITIONS } from "./resource-definition";
import { withDefaults } from "./schema-defaults";

describe("Defaults", () => {
  it("fill in what is missing and keep what is there", () => {
    const spec = {
      appRef: { catalogId: "a" },
      deletionPolicy: "Orphan",
    } as const;
    expect(applicationInstanceDefaults(spec)).toEqual({
      mode: "managed",
      appRef: { catalogId: "a" },
      deletionPolicy: "Orphan",
      serviceAccountName: "vworkspace-release",
    });
  });

  it("look into objects that are there and make none that are not", () => {
    expect(clusterDefaults({})).toEqual({});
    expect(
      clusterDefaults({ registrationTokenSecretRef: { name: "r" } }),
    ).toEqual({
      registrationTokenSecretRef: { name: "r", key: "registrationToken" },
    });
  });

  it("are none for an Operation: an API server would change what somebody has approved of", () => {
    const { spec } = RESOURCE_DEFINITIONS.Operation;
    expect(JSON.stringify(spec)).not.toContain('"default":');
    const { spec: other } = RESOURCE_DEFINITIONS.ApplicationInstance;
    expect(JSON.stringify(other)).toContain('"default":');
  });

  it("take the place of null, as on the API server", () => {
    const schema = RESOURCE_DEFINITIONS.ApplicationInstance.spec;
    expect(withDefaults(schema, { mode: null, chart: null })).toMatchObject({
      mode: "managed",
      chart: null,
    });
  });

  it("given twice are as given once, for any input, and leave the input as it is", () => {
    const input = fc.oneof(
      fc.anything(),
      fc.record(
        {
          mode: fc.anything(),
          appRef: fc.anything(),
          registrationTokenSecretRef: fc.oneof(
            fc.anything(),
            fc.record({ name: fc.string() }),
          ),
        },
        { requiredKeys: [] },
      ),
    );
    fc.assert(
      fc.property(input, (value) => {
        for (const { spec } of Object.values(RESOURCE_DEFINITIONS)) {
          const before = structuredClone(value);
          const once = withDefaults(spec, value);
          expect(withDefaults(spec, once)).toEqual(once);
          expect(value).toEqual(before);
        }
      }),
    );
  });
});

describe("The control plane's address", () => {
  it.each([
    [{}, undefined],
    [{ odooBaseUrl: "https://c" }, "https://c"],
    [
      { controlPlaneBaseUrl: "https://b", odooBaseUrl: "https://c" },
      "https://b",
    ],
    [
      { controlPlaneEndpoint: "https://a", odooBaseUrl: "https://c" },
      "https://a",
    ],
    [{ controlPlaneBaseUrl: "", odooBaseUrl: "https://c" }, "https://c"],
  ])("of %j is %p", (spec, endpoint) => {
    expect(controlPlaneEndpointOf(spec)).toBe(endpoint);
  });
});
