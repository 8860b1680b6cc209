import type { KubeObject } from "@vworkspace/kube";
import { instance } from "../testing/flux-objects";
import { InstalledObjects } from "./installed-objects";
import {
  instanceOfEvent,
  instancesAskingFor,
  instancesReading,
  instancesWaitingForName,
} from "./instances-to-wake.decide";

const secretRef = { name: "v", key: "k" };

function instances(...all: KubeObject[]): ReadonlyMap<string, KubeObject> {
  return new Map(
    all.map((object) => [
      `${object.metadata.namespace}/${object.metadata.name}`,
      object,
    ]),
  );
}

describe("Which instances a change concerns", () => {
  const reading = instance({ values: { source: "secretRef", secretRef } });

  it("are those that take values from it", () => {
    const all = instances(reading, instance({}, { name: "other" }));
    expect(instancesReading("Secret", "shop/v", all)).toEqual(["shop/web"]);
    expect(instancesReading("Secret", "elsewhere/v", all)).toEqual([]);
    expect(instancesReading("ConfigMap", "shop/v", all)).toEqual([]);
  });

  it("are those that name it without using it no more", () => {
    const values = { source: "inline", inline: {}, secretRef };
    const all = instances(instance({ values }));
    expect(instancesReading("Secret", "shop/v", all)).toEqual([]);
  });

  it("is the one that is being deleted and whose release the Secret records", () => {
    const going = instance({}, { deletionTimestamp: "2026-01-01T00:00:00Z" });
    const record = "shop/sh.helm.release.v1.web.v3";
    expect(instancesReading("Secret", record, instances(going))).toEqual([
      "shop/web",
    ]);
    expect(instancesReading("Secret", record, instances(reading))).toEqual([]);
  });

  it("are those that wait for a release name, when who may have held it goes", () => {
    const condition = { type: "Blocked", lastTransitionTime: "", message: "" };
    const blocked = (status: "True" | "False", reason = "ReleaseNameTaken") => {
      const conditions = [{ ...condition, status, reason }];
      return instance({}, {}, { conditions });
    };
    const waiting = instances(blocked("True"));
    expect(instancesWaitingForName("shop", waiting)).toEqual(["shop/web"]);
    expect(instancesWaitingForName("crm", waiting)).toEqual([]);
    const record = "shop/sh.helm.release.v1.web.v3";
    expect(instancesReading("Secret", record, waiting)).toEqual(["shop/web"]);
    for (const other of [
      blocked("False"),
      blocked("True", "MissingDependencies"),
      reading,
    ]) {
      const all = instances(other);
      expect(instancesWaitingForName("shop", all)).toEqual([]);
      expect(instancesReading("Secret", record, all)).toEqual([]);
    }
  });

  it("are those whose integrations want an object of a kind that appears or goes", () => {
    const ingress = { enabled: true, host: "web.example.com" };
    const all = instances(
      instance({ integrations: { ingress } }),
      instance({ integrations: { ingress: { enabled: true } } }, { name: "b" }),
      instance({}, { name: "c" }),
    );
    expect(instancesAskingFor("Ingress", all)).toEqual(["shop/web"]);
    expect(instancesAskingFor("Certificate", all)).toEqual([]);
  });

  it("is the one whose HelmRelease an Event is about", () => {
    const event = (kind: string) => ({
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: "e" },
      involvedObject: { kind, namespace: "shop", name: "web" },
    });
    expect(instanceOfEvent(event("HelmRelease"))).toBe("shop/web");
    expect(instanceOfEvent(event("Pod"))).toBe("");
    expect(instanceOfEvent(undefined)).toBe("");
  });

  it("is the one that an object was installed for, also when the object is gone", () => {
    const installed = new InstalledObjects();
    const labels = {
      "helm.toolkit.fluxcd.io/name": "web",
      "helm.toolkit.fluxcd.io/namespace": "shop",
    };
    const ingress = {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name: "i", namespace: "shop", labels },
    };
    const seen = (object: KubeObject | undefined) =>
      installed.instanceOf("Ingress", "shop/i", object);
    expect(seen(ingress)).toBe("shop/web");
    expect(seen(undefined)).toBe("shop/web");
    expect(seen(undefined)).toBe(undefined);
  });
});
