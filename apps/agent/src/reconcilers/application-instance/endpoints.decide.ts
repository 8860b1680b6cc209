import type { KubeObject } from "@vworkspace/kube";
import type { Endpoint } from "@vworkspace/resources";

interface IngressSpec {
  readonly rules?: readonly { readonly host?: string }[];
  readonly tls?: readonly { readonly hosts?: readonly string[] }[];
}

/** Where a load balancer gives its address. */
interface Balanced {
  readonly status?: {
    readonly loadBalancer?: {
      readonly ingress?: readonly {
        readonly ip?: string;
        readonly hostname?: string;
      }[];
    };
  };
}

interface ServiceBody extends Balanced {
  readonly spec?: {
    readonly type?: string;
    readonly ports?: readonly {
      readonly name?: string;
      readonly port: number;
      readonly protocol?: string;
    }[];
  };
}

/** Where an HTTPRoute hangs. */
export interface ParentRef {
  readonly kind?: string;
  readonly namespace?: string;
  readonly name: string;
  readonly sectionName?: string;
  readonly port?: number;
}

interface RouteSpec {
  readonly hostnames?: readonly string[];
  readonly parentRefs?: readonly ParentRef[];
}

interface Listener {
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
  readonly hostname?: string;
}

/** One endpoint per host; https where the Ingress has TLS for it. The notes say to which address the host's name should lead. */
export function ingressEndpoints(ingress: KubeObject): readonly Endpoint[] {
  const { rules = [], tls = [] } = (ingress["spec"] ?? {}) as IngressSpec;
  const hosts = new Set(rules.flatMap(({ host }) => host ?? []));
  const secured = new Set(tls.flatMap((entry) => entry.hosts ?? []));
  const [address] = addressesOf(ingress as Balanced);
  return [...hosts].filter(isOneHost).map((host) => ({
    name: ingress.metadata.name,
    url: `${secured.has(host) ? "https" : "http"}://${host}`,
    type: "ingress",
    ...(address !== undefined && { notes: `its address is ${address}` }),
  }));
}

/** One endpoint per address and port of a load balancer; other services are not reached from outside. */
export function serviceEndpoints(service: KubeObject): readonly Endpoint[] {
  const { spec } = service as ServiceBody;
  if (spec?.type !== "LoadBalancer") return [];
  return addressesOf(service as Balanced).flatMap((address) =>
    (spec.ports ?? []).map(({ port, protocol = "TCP" }) => ({
      name: service.metadata.name,
      url: urlOf(address, port, protocol),
      type: "service",
    })),
  );
}

function addressesOf({ status }: Balanced): readonly string[] {
  return (status?.loadBalancer?.ingress ?? []).flatMap(
    ({ hostname, ip }) => hostname ?? ip ?? [],
  );
}

/**
 * One endpoint per host and listener of a Gateway that takes it. A Gateway that can't be read leaves the protocol open:
 * then the notes say so.
 * @param gatewayOf the Gateway that a parentRef names, as far as it can be read
 */
export function routeEndpoints(
  route: KubeObject,
  gatewayOf: (parent: ParentRef) => KubeObject | undefined,
): readonly Endpoint[] {
  const { hostnames = [], parentRefs = [] } = (route["spec"] ??
    {}) as RouteSpec;
  const gateways = parentRefs.filter(
    ({ kind = "Gateway" }) => kind === "Gateway",
  );
  const found = gateways.flatMap((parent) => {
    const gateway = gatewayOf(parent);
    return gateway === undefined
      ? unreadEndpoints(route, parent, hostnames)
      : listenersOf(gateway, parent).flatMap((listener) =>
          listenerEndpoints(route, listener, hostnames),
        );
  });
  return [...new Map(found.map((item) => [item.url, item])).values()];
}

function unreadEndpoints(
  { metadata }: KubeObject,
  parent: ParentRef,
  hostnames: readonly string[],
): readonly Endpoint[] {
  const gateway = `${parent.namespace ?? metadata.namespace}/${parent.name}`;
  return hostnames.filter(isOneHost).map((host) => ({
    name: metadata.name,
    url: `http://${host}`,
    type: "httproute",
    notes: `Gateway ${gateway} can't be read: it may serve this host by https, or at another port`,
  }));
}

function listenersOf(
  gateway: KubeObject,
  { sectionName, port }: ParentRef,
): readonly Listener[] {
  const { listeners = [] } = (gateway["spec"] ?? {}) as {
    listeners?: readonly Listener[];
  };
  return listeners.filter(
    (listener) =>
      (sectionName ?? listener.name) === listener.name &&
      (port ?? listener.port) === listener.port &&
      ["HTTP", "HTTPS"].includes(listener.protocol),
  );
}

function listenerEndpoints(
  { metadata }: KubeObject,
  { protocol, port, hostname }: Listener,
  hostnames: readonly string[],
): readonly Endpoint[] {
  const scheme = protocol === "HTTPS" ? "https" : "http";
  const isUsual = port === (scheme === "https" ? 443 : 80);
  const hosts = hostnames.length > 0 ? hostnames : [hostname ?? ""];
  return hosts
    .filter((host) => isOneHost(host) && isServed(host, hostname))
    .map((host) => ({
      name: metadata.name,
      url: `${scheme}://${host}${isUsual ? "" : `:${port}`}`,
      type: "httproute",
    }));
}

/** `*.example.com` of a listener takes any host below it, not example.com itself. */
function isServed(host: string, listener: string | undefined): boolean {
  if (listener === undefined || listener === "") return true;
  if (!listener.startsWith("*.")) return listener === host;
  return host.endsWith(listener.slice(1));
}

/** A wildcard is no address. */
function isOneHost(host: string): boolean {
  return host !== "" && !host.includes("*");
}

function urlOf(address: string, port: number, protocol: string): string {
  const host = address.includes(":") ? `[${address}]` : address;
  if (protocol !== "TCP") return `${protocol.toLowerCase()}://${host}:${port}`;
  if (port === 443) return `https://${host}`;
  if (port === 80) return `http://${host}`;
  return `tcp://${host}:${port}`;
}
