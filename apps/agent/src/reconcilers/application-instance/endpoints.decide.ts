import type { KubeObject } from "@vworkspace/kube";
import type { Endpoint } from "@vworkspace/resources";

interface IngressSpec {
  readonly rules?: readonly { readonly host?: string }[];
  readonly tls?: readonly { readonly hosts?: readonly string[] }[];
}

interface ServiceBody {
  readonly spec?: {
    readonly type?: string;
    readonly ports?: readonly {
      readonly name?: string;
      readonly port: number;
    }[];
  };
  readonly status?: {
    readonly loadBalancer?: {
      readonly ingress?: readonly {
        readonly ip?: string;
        readonly hostname?: string;
      }[];
    };
  };
}

/** One endpoint per host; https where the Ingress has TLS for it. */
export function ingressEndpoints(ingress: KubeObject): readonly Endpoint[] {
  const { rules = [], tls = [] } = (ingress["spec"] ?? {}) as IngressSpec;
  const hosts = new Set(rules.flatMap(({ host }) => (host ? [host] : [])));
  const secured = new Set(tls.flatMap((entry) => entry.hosts ?? []));
  return [...hosts].map((host) => ({
    name: ingress.metadata.name,
    url: `${secured.has(host) ? "https" : "http"}://${host}`,
    type: "ingress",
  }));
}

/** One endpoint per address and port of a load balancer; other services are not reached from outside. */
export function serviceEndpoints(service: KubeObject): readonly Endpoint[] {
  const { spec, status } = service as ServiceBody;
  if (spec?.type !== "LoadBalancer") return [];
  const addresses = (status?.loadBalancer?.ingress ?? []).flatMap(
    ({ hostname, ip }) => hostname ?? ip ?? [],
  );
  return addresses.flatMap((address) =>
    (spec.ports ?? []).map(({ port }) => ({
      name: service.metadata.name,
      url: urlOf(address, port),
      type: "service",
    })),
  );
}

function urlOf(address: string, port: number): string {
  const host = address.includes(":") ? `[${address}]` : address;
  if (port === 443) return `https://${host}`;
  if (port === 80) return `http://${host}`;
  return `tcp://${host}:${port}`;
}
