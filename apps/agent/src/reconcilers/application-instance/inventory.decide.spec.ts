import { deployed, instance } from "../../testing/flux-objects";
import { inventoryOf } from "./inventory.decide";

function listed(...ids: string[]) {
  const entries = ids.map((id) => ({ id, v: "v1" }));
  return inventoryOf(deployed(instance(), { inventory: { entries } }));
}

describe("What a release installed", () => {
  it("is read from helm-controller's list, with and without group and namespace", () => {
    expect(
      listed(
        "shop_web_apps_Deployment",
        "shop_web__Service",
        "_shop_rbac.authorization.k8s.io_ClusterRole",
      ),
    ).toEqual([
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        namespace: "shop",
        name: "web",
      },
      { apiVersion: "v1", kind: "Service", namespace: "shop", name: "web" },
      {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRole",
        name: "shop",
      },
    ]);
  });

  it("keeps colons of names, which the list writes as two underscores", () => {
    expect(
      listed("_system__web__read_rbac.authorization.k8s.io_ClusterRole")?.[0],
    ).toMatchObject({ name: "system:web:read" });
  });

  it("is unknown where helm-controller lists nothing, and bounded where it lists much", () => {
    expect(inventoryOf(deployed(instance()))).toBe(undefined);
    const many = Array.from({ length: 700 }, (_, n) => `shop_c${n}__ConfigMap`);
    expect(listed(...many)).toHaveLength(500);
  });

  it("leaves out what it can't read", () => {
    expect(listed("", "nothing", "a_b", "shop_web__")).toEqual([]);
  });
});
