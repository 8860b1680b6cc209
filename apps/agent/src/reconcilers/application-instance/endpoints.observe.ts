import {
  KindMissingError,
  type KubeApi,
  type KubeObject,
} from "@vworkspace/kube";
import type { ApplicationInstance, Endpoint } from "@vworkspace/resources";
import { ingressEndpoints, serviceEndpoints } from "./endpoints.decide";

/** Where the application is reached: Ingresses and load balancers that Flux labelled as this release's. */
export async function readEndpoints(
  api: KubeApi,
  instance: ApplicationInstance,
): Promise<readonly Endpoint[]> {
  const { namespace = "", name } = instance.metadata;
  const labelSelector = `helm.toolkit.fluxcd.io/name=${name},helm.toolkit.fluxcd.io/namespace=${namespace}`;
  const list = async (apiVersion: string, kind: string) => {
    try {
      const selection = { namespace, labelSelector };
      return await api.list<KubeObject>({ apiVersion, kind }, selection);
    } catch (error) {
      if (error instanceof KindMissingError) return [];
      throw error;
    }
  };
  const [ingresses, services] = await Promise.all([
    list("networking.k8s.io/v1", "Ingress"),
    list("v1", "Service"),
  ]);
  return [
    ...ingresses.flatMap(ingressEndpoints),
    ...services.flatMap(serviceEndpoints),
  ].slice(0, 64);
}
