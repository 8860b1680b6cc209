import type { KubeApi, KubeObject } from "@vworkspace/kube";
import { LABELS } from "@vworkspace/resources";
import { integrationName } from "../reconcilers/application-instance/integrations/integrations.desired";
import { CERTIFICATE, EXTERNAL_SECRET, SECRET } from "../watches/watched-kinds";

const MANAGER = { fieldManager: "add-ons-stand-in" };
const CERT_MANAGER = CERTIFICATE.apiVersion;

/** Does in one namespace, whenever it is told, what cert-manager and external-secrets would do there. */
export class AddOnsStandIn {
  constructor(
    private readonly api: KubeApi,
    private readonly namespace: string,
  ) {}

  /** An issuer that says this against being Ready; of the cluster, where the kind says so. */
  async issuer(
    kind: "Issuer" | "ClusterIssuer",
    name: string,
    message: string,
  ): Promise<void> {
    const place = kind === "Issuer" ? { namespace: this.namespace } : {};
    const issuer = {
      apiVersion: CERT_MANAGER,
      kind,
      metadata: { name, ...place },
      spec: { selfSigned: {} },
    };
    await this.create(issuer, notReady("ErrInitIssuer", message));
  }

  /** A store of the cluster that says this against being Ready. */
  async clusterStore(name: string, message: string): Promise<void> {
    const store = {
      apiVersion: EXTERNAL_SECRET.apiVersion,
      kind: "ClusterSecretStore",
      metadata: { name },
      spec: { provider: { fake: { data: [{ key: "k", value: "v" }] } } },
    };
    await this.create(store, notReady("InvalidProviderConfig", message));
  }

  /** A request of the instance's Certificate that waits for this. */
  async request(instance: string, message: string): Promise<void> {
    const certificate = integrationName(instance);
    const request = {
      apiVersion: CERT_MANAGER,
      kind: "CertificateRequest",
      metadata: {
        name: `${certificate}-1`,
        namespace: this.namespace,
        labels: { [LABELS.applicationInstance]: instance },
        annotations: { "cert-manager.io/certificate-name": certificate },
      },
      spec: { request: "Y3Ny", issuerRef: { name: "ca" } },
    };
    await this.create(request, notReady("Pending", message));
  }

  async pending(instance: string, message: string): Promise<void> {
    await this.certificateIs(instance, notReady("DoesNotExist", message));
  }

  async issue(instance: string): Promise<void> {
    await this.certificateIs(instance, ready("Ready", "it is valid"));
  }

  /** Fetches what the instance's ExternalSecret asks for. */
  async fetch(instance: string, value: string): Promise<void> {
    const externalSecret = await this.externalSecret(instance);
    const { target, data } = externalSecret["spec"] as {
      target: { name: string };
      data: { secretKey: string }[];
    };
    const { apiVersion, kind, metadata } = externalSecret;
    const { name, uid = "", generation } = metadata;
    const owner = { apiVersion, kind, name, uid, controller: true };
    await this.api.apply<KubeObject>(
      {
        ...SECRET,
        metadata: {
          name: target.name,
          namespace: this.namespace,
          ownerReferences: [owner],
        },
        stringData: Object.fromEntries(
          data.map(({ secretKey }) => [secretKey, value]),
        ),
      },
      { ...MANAGER, force: true },
    );
    await this.externalSecretIs(instance, {
      ...ready("SecretSynced", "secret synced"),
      syncedResourceVersion: `${generation}-abc`,
    });
  }

  /** What was fetched before stays. */
  async fail(instance: string, message: string): Promise<void> {
    const { status } = (await this.externalSecret(instance)) as {
      status?: object;
    };
    await this.externalSecretIs(instance, {
      ...status,
      ...notReady("SecretSyncedError", message),
    });
  }

  private async externalSecret(instance: string): Promise<KubeObject> {
    const name = integrationName(instance);
    const { namespace } = this;
    const found = await this.api.get({ ...EXTERNAL_SECRET, namespace, name });
    if (found === undefined) throw new Error(`There is no ${name}.`);
    return found;
  }

  private certificateIs(instance: string, status: object): Promise<void> {
    return this.status(this.named(CERTIFICATE, instance), status);
  }

  private externalSecretIs(instance: string, status: object): Promise<void> {
    return this.status(this.named(EXTERNAL_SECRET, instance), status);
  }

  private named(
    { apiVersion, kind }: { apiVersion: string; kind: string },
    instance: string,
  ): KubeObject {
    const { namespace } = this;
    const metadata = { name: integrationName(instance), namespace };
    return { apiVersion, kind, metadata };
  }

  private async create(object: KubeObject, status: object): Promise<void> {
    await this.api.create<KubeObject>(object, MANAGER);
    await this.status(object, status);
  }

  private async status(
    { apiVersion, kind, metadata: { name, namespace } }: KubeObject,
    status: object,
  ): Promise<void> {
    const metadata = { name, ...(namespace !== undefined && { namespace }) };
    await this.api.patchStatus<KubeObject>(
      { apiVersion, kind, metadata, status },
      MANAGER,
    );
  }
}

const ready = (reason: string, message: string) =>
  conditions("True", reason, message);
const notReady = (reason: string, message: string) =>
  conditions("False", reason, message);

function conditions(status: string, reason: string, message: string) {
  const lastTransitionTime = "2026-01-01T00:00:00Z";
  const type = "Ready";
  return {
    conditions: [{ type, status, reason, message, lastTransitionTime }],
  };
}
