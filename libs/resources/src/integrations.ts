/** What add-ons of the cluster do for an application. */
export interface Integrations {
  readonly externalSecrets?: ExternalSecretsIntegration;
  readonly certManager?: CertManagerIntegration;
  readonly ingress?: IngressIntegration;
}

/** A Secret that external-secrets fetches; without `data` the chart brings its own. */
export interface ExternalSecretsIntegration {
  readonly enabled?: boolean;
  readonly secretStoreRef?: {
    readonly name: string;
    readonly kind?: "SecretStore" | "ClusterSecretStore";
  };
  readonly data?: readonly ExternalData[];
}

/** One key of the Secret. */
export interface ExternalData {
  readonly secretKey: string;
  readonly remoteRef: {
    readonly key: string;
    readonly property?: string;
    readonly version?: string;
  };
}

/** A certificate for the Ingress' host; without `issuerRef` the chart brings its own. */
export interface CertManagerIntegration {
  readonly enabled?: boolean;
  readonly issuerRef?: {
    readonly name: string;
    readonly kind?: "Issuer" | "ClusterIssuer";
  };
}

export interface IngressIntegration {
  readonly enabled?: boolean;
  readonly host?: string;
  readonly className?: string;
  readonly path?: string;
  readonly serviceName?: string;
  readonly servicePort?: number;
  readonly tls?: { readonly secretName?: string };
}
