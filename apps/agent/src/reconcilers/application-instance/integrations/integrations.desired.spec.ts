import { instance } from "../../../testing/flux-objects";
import { desiredObjects } from "../desired";
import { instanceOfIntegration, integrationName } from "./integrations.desired";

const HOST = "web.example.com";
const ingress = (over: object = {}) => ({
  ingress: { enabled: true, host: HOST, ...over },
});
const issued = (over: object = {}) => ({
  ...ingress(over),
  certManager: { enabled: true, issuerRef: { name: "ca" } },
});
const DATA = [{ secretKey: "k", remoteRef: { key: "web", property: "p" } }];
const fetched = {
  externalSecrets: {
    enabled: true,
    secretStoreRef: { name: "vault" },
    data: DATA,
  },
};

function objects(integrations: object, spec: object = {}) {
  const of = instance({ integrations, ...spec });
  return desiredObjects(of, undefined).integrations;
}

const specsOf = (...all: Parameters<typeof objects>) =>
  objects(...all).map(({ kind, spec }) => [kind, spec]);

const backend = (name: string, number: number) => ({
  service: { name, port: { number } },
});
const rules = (path = "/", to = backend("web", 80)) => [
  {
    host: HOST,
    http: { paths: [{ path, pathType: "Prefix", backend: to }] },
  },
];

describe("What integrations become", () => {
  it.each<[string, object]>([
    ["nothing is asked for", {}],
    [
      "an older manifest says only that the chart brings its own",
      {
        ingress: { enabled: true },
        certManager: { enabled: true },
        externalSecrets: { enabled: true },
      },
    ],
    ["the host is empty", { ingress: { enabled: true, host: "" } }],
    [
      "all is described and nothing enabled",
      {
        ingress: { host: HOST, tls: {} },
        certManager: { enabled: false, issuerRef: { name: "ca" } },
        externalSecrets: { ...fetched.externalSecrets, enabled: false },
      },
    ],
  ])("nothing where %s", (_, integrations) => {
    expect(objects(integrations)).toEqual([]);
  });

  it("an Ingress to the Service with the release's name, without TLS", () => {
    const release = { name: "web", namespace: "shop" };
    expect(specsOf(ingress(), { release })).toEqual([
      ["Ingress", { rules: rules() }],
    ]);
  });

  it("an Ingress as it is described", () => {
    const over = {
      className: "nginx",
      path: "/shop",
      serviceName: "front",
      servicePort: 8080,
    };
    expect(specsOf(ingress(over))).toEqual([
      [
        "Ingress",
        {
          ingressClassName: "nginx",
          rules: rules("/shop", backend("front", 8080)),
        },
      ],
    ]);
  });

  it.each([
    ["the controller's default certificate", {}, {}],
    ["a Secret of somebody", { secretName: "mine" }, { secretName: "mine" }],
  ])("an Ingress with %s", (_, tls, secret) => {
    expect(specsOf(ingress({ tls }))).toEqual([
      ["Ingress", { rules: rules(), tls: [{ hosts: [HOST], ...secret }] }],
    ]);
  });

  it.each([
    ["a Secret named after the instance", {}, "web-vworkspace-tls"],
    ["the Secret that is named", { tls: { secretName: "mine" } }, "mine"],
  ])(
    "a Certificate for the host, which is served from %s",
    (_, over, secretName) => {
      expect(specsOf(issued(over))).toEqual([
        [
          "Certificate",
          {
            dnsNames: [HOST],
            secretName,
            issuerRef: { group: "cert-manager.io", kind: "Issuer", name: "ca" },
          },
        ],
        ["Ingress", { rules: rules(), tls: [{ hosts: [HOST], secretName }] }],
      ]);
    },
  );

  it.each([
    ["derived", {}, "web-vworkspace"],
    [
      "that values come from",
      { values: { source: "secretRef", secretRef: { name: "v", key: "k" } } },
      "v",
    ],
    [
      "derived where the named one isn't read",
      { values: { source: "inline", secretRef: { name: "v", key: "k" } } },
      "web-vworkspace",
    ],
  ])("an ExternalSecret of the Secret %s", (_, spec, name) => {
    expect(specsOf(fetched, spec)).toEqual([
      [
        "ExternalSecret",
        {
          secretStoreRef: { name: "vault", kind: "SecretStore" },
          target: { name },
          data: DATA,
        },
      ],
    ]);
  });

  it("objects that lead back to the instance and have no owner", () => {
    const all = objects({ ...issued(), ...fetched });
    expect(all).toHaveLength(3);
    for (const { metadata } of all) {
      expect(metadata).toMatchObject({
        name: "web-vworkspace",
        namespace: "shop",
        labels: { "app.vworkspace.io/application-instance": "web" },
      });
      expect(metadata.ownerReferences).toBe(undefined);
    }
  });

  it("another release object where they come or go, so that a change of them begins with it", () => {
    const digest = (integrations: object) =>
      desiredObjects(instance({ integrations }), undefined).release.metadata
        .annotations?.["vworkspace.io/desired-digest"];
    expect(digest({})).toBe(digest({ ingress: { enabled: true } }));
    expect(digest(ingress())).not.toBe(digest({}));
    expect(digest(issued())).not.toBe(digest(ingress()));
    expect(digest(ingress({ path: "/x" }))).toBe(digest(ingress()));
  });
});

describe("The name of an integration", () => {
  it.each(["web", "web-vworkspace"])("leads back to %s", (name) => {
    expect(instanceOfIntegration(`shop/${integrationName(name)}`)).toBe(
      `shop/${name}`,
    );
  });

  it("is told from other names", () => {
    expect(instanceOfIntegration("shop/web")).toBe(undefined);
  });
});
