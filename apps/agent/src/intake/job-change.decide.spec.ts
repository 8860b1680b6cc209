import type { Job } from "@vworkspace/contract";
import { APPLICATION_INSTANCE, OPERATION } from "@vworkspace/resources";
import { readChange } from "./job-change.decide";

const MANIFEST = {
  ...APPLICATION_INSTANCE,
  metadata: { namespace: "shop", name: "web" },
  spec: {},
};
const REF = { ...APPLICATION_INSTANCE, namespace: "shop", name: "web" };

function job(over: Partial<Job>): Job {
  return {
    id: "j1",
    kind: "apply",
    payload: MANIFEST,
    idempotencyKey: "applicationinstance/shop/web@7",
    createdAt: "2026-01-01T00:00:00Z",
    expiresAt: "2026-01-02T00:00:00Z",
    ...over,
  };
}

function intent(payload: Record<string, unknown>): Job {
  const key = `${String(payload["intent"])}/j1`;
  return job({ kind: "intent", payload, idempotencyKey: key });
}

describe("What a job asks for", () => {
  it("applies a manifest under its generation", () => {
    expect(readChange(job({}))).toMatchObject({
      type: "apply",
      ref: REF,
      generation: 7,
    });
  });

  it("deletes a reference under its generation", () => {
    expect(readChange(job({ kind: "delete", payload: REF }))).toEqual({
      type: "delete",
      ref: REF,
      generation: 7,
    });
  });

  it.each([
    "other/shop/web@7",
    "applicationinstance/shop/web@x",
    "applicationinstance/shop/web",
    "applicationinstance/shop/web@99999999999999999",
  ])("takes no generation from the key %s", (idempotencyKey) => {
    expect(readChange(job({ idempotencyKey }))).not.toHaveProperty(
      "generation",
    );
  });

  it.each([
    [
      { intent: "ensure-application-instance", applicationInstance: MANIFEST },
      { type: "apply", ref: REF },
    ],
    [
      {
        intent: "request-operation",
        operation: { ...MANIFEST, ...OPERATION },
      },
      { type: "apply", ref: { ...REF, ...OPERATION } },
    ],
    [
      {
        intent: "delete-application-instance",
        namespace: "shop",
        name: "web",
      },
      { type: "delete", ref: REF },
    ],
    [{ intent: "rotate-operator-credentials" }, { type: "rotate" }],
  ])("reads the intent %j", (payload, expected) => {
    const change = readChange(intent(payload));
    expect(change).toMatchObject(expected);
    expect(change).not.toHaveProperty("generation");
  });

  it.each([
    [job({ payload: {} }), "apiVersion"],
    [job({ payload: { ...MANIFEST, metadata: { name: "web" } } }), "namespace"],
    [job({ payload: { ...MANIFEST, metadata: "no" } }), "namespace"],
    [job({ kind: "delete", payload: { ...REF, name: "" } }), "name"],
    [intent({ intent: "dance" }), "dance"],
    [intent({ intent: "request-operation", operation: [] }), "operation"],
    [
      intent({ intent: "request-operation", operation: MANIFEST }),
      "ApplicationInstance",
    ],
  ])("refuses what is none, naming the field", (wrong, named) => {
    const change = readChange(wrong);
    expect(change.type).toBe("unreadable");
    expect(JSON.stringify(change)).toContain(named);
  });
});
