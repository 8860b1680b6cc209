import { ManualClock } from "@vworkspace/kernel";
import { KubeError } from "@vworkspace/kube";
import { MemoryKubeApi } from "../testing/memory-kube-api";
import { settle } from "../testing/settle";
import { Namespaces } from "./namespaces";

const RULES = { agentNamespace: "vworkspace-system", patterns: ["*"] };

describe("Namespaces", () => {
  const forbidden = new KubeError("not yet", {
    status: 403,
    reason: "Forbidden",
  });

  it("gives itself its rights in a namespace that it created before it needs them", async () => {
    const api = new MemoryKubeApi();
    const namespaces = new Namespaces(api, RULES, new ManualClock());
    expect(await namespaces.refusal("shop")).toBe(undefined);
    expect(api.writes).toEqual([
      "create Namespace shop",
      "apply RoleBinding shop/vworkspace-agent",
      "apply ServiceAccount shop/vworkspace-release",
      "apply RoleBinding shop/vworkspace-release",
      "apply ServiceAccount shop/vworkspace-operation-runner",
    ]);
    const [binding] = [...api.objects.values()].filter(
      ({ metadata }) => metadata.name === "vworkspace-agent",
    );
    expect(binding?.["roleRef"]).toMatchObject({
      name: "vworkspace-agent-namespace",
    });
  });

  it("waits until the API server knows the binding", async () => {
    const api = new MemoryKubeApi();
    const clock = new ManualClock();
    let refusals = 3;
    api.beforeWrite = (write) => {
      if (write.includes("ServiceAccount") && refusals-- > 0) throw forbidden;
    };
    const opened = new Namespaces(api, RULES, clock).refusal("shop");
    for (let step = 0; step < 5; step += 1) {
      await settle();
      await clock.advance(1_000);
    }
    expect(await opened).toBe(undefined);
    expect(api.objects.size).toBe(5);
  });

  it("says so when it is not let in at all", async () => {
    const api = new MemoryKubeApi();
    const clock = new ManualClock();
    api.beforeWrite = (write) => {
      if (write.includes("ServiceAccount")) throw forbidden;
    };
    const opened = new Namespaces(api, RULES, clock).refusal("shop");
    const failure = expect(opened).rejects.toBe(forbidden);
    for (let step = 0; step < 60; step += 1) {
      await settle();
      await clock.advance(1_000);
    }
    await failure;
  });
});
