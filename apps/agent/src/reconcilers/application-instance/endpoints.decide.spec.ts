import { ingressEndpoints, serviceEndpoints } from "./endpoints.decide";

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
});
