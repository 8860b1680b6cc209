import {
  CREDENTIAL_SECRET,
  FIELD_MANAGERS,
  LABELS,
  MANAGED_BY,
} from "@vworkspace/resources";
import type { KubeApi, KubeObject } from "@vworkspace/kube";
import {
  type Credential,
  CredentialStore,
  type StoredCredentials,
} from "./credential-store";

type SecretData = Readonly<Record<string, string>>;

/**
 * Credentials in the Secret `vworkspace-agent-credentials` of the agent's namespace. The keys control-plane-base-url,
 * cluster-id and token are those of the third-party operator; all others are ours.
 */
export class SecretCredentialStore extends CredentialStore {
  constructor(
    private readonly api: KubeApi,
    private readonly namespace: string,
  ) {
    super();
  }

  override async load(): Promise<StoredCredentials | undefined> {
    return decode(await this.read());
  }

  override async loadDpopKey(): Promise<string | undefined> {
    return decodeKeys(textOf(await this.read())).dpopKey;
  }

  override saveDpopKey(key: string): Promise<void> {
    return this.write(
      { "dpop-key": Buffer.from(key, "utf8").toString("base64") },
      false,
    );
  }

  override rehearse(): Promise<void> {
    return this.write({}, true);
  }

  override save(credentials: StoredCredentials): Promise<void> {
    return this.write(encode(credentials), false);
  }

  private async read(): Promise<SecretData> {
    const secret = await this.api.get<KubeObject & { data?: SecretData }>({
      apiVersion: "v1",
      kind: "Secret",
      namespace: this.namespace,
      name: CREDENTIAL_SECRET,
    });
    return secret?.data ?? {};
  }

  private async write(data: SecretData, dryRun: boolean): Promise<void> {
    await this.api.apply(
      {
        apiVersion: "v1",
        kind: "Secret",
        metadata: {
          name: CREDENTIAL_SECRET,
          namespace: this.namespace,
          labels: { [LABELS.managedBy]: MANAGED_BY, [LABELS.velero]: "true" },
        },
        type: "Opaque",
        data,
      },
      // Whoever installed the agent may have made the Secret; from here on it is the agent's.
      { fieldManager: FIELD_MANAGERS.agent, force: true, dryRun },
    );
  }
}

function encode(credentials: StoredCredentials): SecretData {
  const { current, previous } = credentials;
  const texts = {
    "control-plane-base-url": credentials.controlPlaneBaseUrl,
    "cluster-id": credentials.clusterId,
    token: current.token,
    "issued-at": time(current.issuedAt),
    "expires-at": time(current.expiresAt),
    "tls.crt": current.certificate?.chain,
    "tls.key": current.certificate?.key,
    "previous-token": previous?.token,
    "previous-tls.crt": previous?.certificate?.chain,
    "previous-tls.key": previous?.certificate?.key,
    "registration-token-digest": credentials.registrationTokenDigest,
    "dpop-key": credentials.dpopKey,
    "ca.crt": credentials.caBundle,
    "encryption-keys":
      credentials.encryptionKeys && `[${credentials.encryptionKeys.join(",")}]`,
    "trust-root": credentials.trustRoot,
    "payload-key-set": credentials.payloadKeySet,
    "approval-key-set": credentials.approvalKeySet,
  };
  return Object.fromEntries(
    Object.entries(texts).flatMap(([key, text]) =>
      text === undefined
        ? []
        : [[key, Buffer.from(text, "utf8").toString("base64")]],
    ),
  );
}

function textOf(data: SecretData): (key: string) => string | undefined {
  return (key) => {
    const value = data[key];
    return value ? Buffer.from(value, "base64").toString("utf8") : undefined;
  };
}

function decode(data: SecretData): StoredCredentials | undefined {
  const text = textOf(data);
  const token = text("token");
  const clusterId = text("cluster-id");
  if (token === undefined || clusterId === undefined) return undefined;
  const previousToken = text("previous-token");
  const registrationTokenDigest = text("registration-token-digest");
  return {
    controlPlaneBaseUrl: text("control-plane-base-url") ?? "",
    clusterId,
    current: {
      ...decodeCredential(token, text("issued-at"), text("expires-at")),
      ...decodeCertificate(text, ""),
    },
    ...(previousToken && {
      previous: {
        token: previousToken,
        ...decodeCertificate(text, "previous-"),
      },
    }),
    ...(registrationTokenDigest && { registrationTokenDigest }),
    ...decodeKeys(text),
  };
}

function decodeKeys(
  text: (key: string) => string | undefined,
): Partial<StoredCredentials> {
  const named = {
    dpopKey: text("dpop-key"),
    caBundle: text("ca.crt"),
    trustRoot: text("trust-root"),
    payloadKeySet: text("payload-key-set"),
    approvalKeySet: text("approval-key-set"),
  };
  const encryptionKeys = decodeList(text("encryption-keys"));
  return {
    ...Object.fromEntries(
      Object.entries(named).filter(([, value]) => value !== undefined),
    ),
    ...(encryptionKeys.length > 0 && { encryptionKeys }),
  };
}

function decodeCertificate(
  text: (key: string) => string | undefined,
  prefix: "" | "previous-",
): Pick<Credential, "certificate"> {
  const [chain, key] = [text(`${prefix}tls.crt`), text(`${prefix}tls.key`)];
  return chain && key ? { certificate: { chain, key } } : {};
}

/** A list of JWKs, each as JSON again; none where the text is no such list. */
function decodeList(json: string | undefined): readonly string[] {
  try {
    const list: unknown = JSON.parse(json ?? "[]");
    return Array.isArray(list) ? list.map((key) => JSON.stringify(key)) : [];
  } catch {
    return [];
  }
}

function decodeCredential(
  token: string,
  issued: string | undefined,
  expires: string | undefined,
): Credential {
  const issuedAt = Date.parse(issued ?? "");
  const expiresAt = Date.parse(expires ?? "");
  return {
    token,
    ...(!Number.isNaN(issuedAt) && { issuedAt }),
    ...(!Number.isNaN(expiresAt) && { expiresAt }),
  };
}

function time(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
