import { LABELS } from "@vworkspace/resources";
import { MemoryKubeApi } from "../testing/memory-kube-api";
import {
  chartAccountProblem,
  operationAccountProblem,
} from "./operation-account.observe";

const namespace = "shop";

describe("A service account that an operation wants to run under", () => {
  let api: MemoryKubeApi;
  beforeEach(() => {
    api = new MemoryKubeApi();
  });

  const put = (name: string, labels: Record<string, string> = {}) =>
    api.put({
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name, namespace, labels },
    });

  it("has to be there", async () => {
    const runner = "vworkspace-operation-runner";
    expect(await operationAccountProblem(api, namespace)).toEqual({
      name: runner,
      problem: "missing",
    });
    put(runner);
    expect(await operationAccountProblem(api, namespace)).toBe(undefined);
  });

  it("needs a person's label where it is not the runner", async () => {
    put("mighty");
    expect(await operationAccountProblem(api, namespace, "mighty")).toEqual({
      name: "mighty",
      problem: "not-allowed",
    });
    put("mighty", { [LABELS.operationServiceAccount]: "yes" });
    expect(
      await operationAccountProblem(api, namespace, "mighty"),
    ).toMatchObject({ problem: "not-allowed" });
    put("mighty", { [LABELS.operationServiceAccount]: "true" });
    expect(await operationAccountProblem(api, namespace, "mighty")).toBe(
      undefined,
    );
  });

  it("needs no label where the chart itself names it", async () => {
    expect(await chartAccountProblem(api, namespace, "web")).toEqual({
      name: "web",
      problem: "missing-of-chart",
    });
    put("web");
    expect(await chartAccountProblem(api, namespace, "web")).toBe(undefined);
  });
});
