import {
  ingressEndpoints,
  routeEndpoints,
  serviceEndpoints,
} from "./endpoints.decide";

const metadata = { name: "web", namespace: "shop" };

describe("Where an application is reached", () => {
  it("at the hosts of its Ingresses, by https where they have TLS", () => {
    const ingress = {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata,
      spec: {
        rules: [
          { host: "a.example.com" },
          { host: "b.example.com" },
          { host: "a.example.com" },
          { host: "*.example.com" },
          {},
        ],
        tls: [{ hosts: ["b.example.com"] }],
      },
    };
    expect(ingressEndpoints(ingress).map(({ url }) => url)).toEqual([
      "http://a.example.com",
      "https://b.example.com",
    ]);
  });

  it("at a host whose name should lead to the address of its ingress controller", () => {
    const ingress = {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata,
      spec: { rules: [{ host: "a.example.com" }] },
      status: { loadBalancer: { ingress: [{ ip: "203.0.113.7" }] } },
    };
    expect(ingressEndpoints(ingress)).toEqual([
      {
        name: "web",
        url: "http://a.example.com",
        type: "ingress",
        notes: "its address is 203.0.113.7",
      },
    ]);
  });

  it("at the addresses of load balancers, and of no other service", () => {
    const service = (type: string) => ({
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: { type, ports: [{ port: 443 }, { port: 5432 }] },
      status: { loadBalancer: { ingress: [{ ip: "fd00::1" }] } },
    });
    expect(
      serviceEndpoints(service("LoadBalancer")).map(({ url }) => url),
    ).toEqual(["https://[fd00::1]", "tcp://[fd00::1]:5432"]);
    expect(serviceEndpoints(service("ClusterIP"))).toEqual([]);
  });

  describe("by an HTTPRoute", () => {
    const route = (over: Readonly<Record<string, unknown>> = {}) => ({
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      metadata,
      spec: {
        hostnames: ["web.example.com", "*.example.com"],
        parentRefs: [{ name: "edge" }],
        ...over,
      },
    });
    const gateway = (...listeners: object[]) => ({
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "Gateway",
      metadata: { name: "edge", namespace: "shop" },
      spec: { listeners },
    });
    const plain = { name: "plain", port: 80, protocol: "HTTP" };
    const secure = { name: "secure", port: 8443, protocol: "HTTPS" };
    const passthrough = { name: "raw", port: 9000, protocol: "TCP" };
    const urls = (over: object, ...listeners: object[]) =>
      routeEndpoints(route({ ...over }), () => gateway(...listeners)).map(
        ({ url }) => url,
      );

    it("with the protocol and port of each of the Gateway's listeners", () => {
      expect(urls({}, plain, secure, passthrough)).toEqual([
        "http://web.example.com",
        "https://web.example.com:8443",
      ]);
    });

    it("only by the listener that the route names, and that takes the host", () => {
      const parentRefs = [{ name: "edge", sectionName: "secure" }];
      expect(urls({ parentRefs }, plain, secure)).toEqual([
        "https://web.example.com:8443",
      ]);
      const elsewhere = { ...plain, hostname: "*.example.org" };
      expect(urls({}, elsewhere)).toEqual([]);
      const below = { ...plain, hostname: "*.example.com" };
      expect(urls({}, below)).toEqual(["http://web.example.com"]);
    });

    it("at the listener's host where the route names none", () => {
      const named = { ...plain, hostname: "shop.example.com" };
      expect(urls({ hostnames: [] }, named)).toEqual([
        "http://shop.example.com",
      ]);
      expect(urls({ hostnames: [] }, plain)).toEqual([]);
    });

    it("with a note instead of a guess where the Gateway can't be read", () => {
      const [endpoint] = routeEndpoints(route(), () => undefined);
      expect(endpoint?.url).toBe("http://web.example.com");
      expect(endpoint?.notes).toContain("Gateway shop/edge can't be read");
    });
  });
});
