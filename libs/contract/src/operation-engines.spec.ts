import {
  availableEngines,
  CONTROLLER_NAMES,
  OPERATION_ENGINES,
} from "./operation-engines";

const READY = CONTROLLER_NAMES.map((name) => ({
  name,
  present: true,
  ready: true,
}));

function available(controllers: Parameters<typeof availableEngines>[0]) {
  return availableEngines(controllers)
    .filter((item) => item.available)
    .map(({ engine }) => engine);
}

describe("The operations that a cluster can do", () => {
  it("are all of them where every controller is ready", () => {
    expect(available(READY)).toEqual(
      OPERATION_ENGINES.map(({ engine }) => engine),
    );
  });

  it("are those of Kubernetes alone where nothing was reported", () => {
    for (const nothing of [undefined, []])
      expect(available(nothing)).toEqual(["job", "helmHookJob"]);
  });

  it.each([
    ["velero", { present: false, ready: false }, "velero is not installed"],
    ["velero", { present: true, ready: false }, "velero is not ready"],
    [
      "velero",
      { present: true, ready: false, message: "scaled to zero" },
      "velero: scaled to zero",
    ],
  ])("are fewer where %s is %j, and say why", (name, state, message) => {
    const controllers = READY.map((item) =>
      item.name === name ? { name, ...state } : item,
    );
    expect(
      availableEngines(controllers).filter((item) => !item.available),
    ).toEqual([{ engine: "velero", available: false, message }]);
  });

  it("name every controller that an engine misses", () => {
    const helm = availableEngines(
      READY.filter(({ name }) => !name.endsWith("-controller")),
    ).find(({ engine }) => engine === "helm");
    expect(helm?.message).toBe(
      "whether source-controller is there has not been reported; whether helm-controller is there has not been reported",
    );
  });
});
