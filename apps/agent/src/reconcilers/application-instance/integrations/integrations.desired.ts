import type { KubeObject } from "@vworkspace/kube";
import { ABSENT_MEANS, type ApplicationInstance } from "@vworkspace/resources";
import {
  CERTIFICATE,
  EXTERNAL_SECRET,
  INGRESS,
} from "../../../watches/watched-kinds";
import { derived } from "../derived-object";
import { valueReferences } from "../value-references";

/** Keeps what we make beside what a chart makes, which often has the name of the release. */
const SUFFIX = "-vworkspace";

/** Name of each object that an integration of an instance makes. */
export function integrationName(instance: string): string {
  return `${instance}${SUFFIX}`;
}

/** @returns key of the instance that an object of this key was made for; undefined: of none */
export function instanceOfIntegration(key: string): string | undefined {
  return key.endsWith(SUFFIX) ? key.slice(0, -SUFFIX.length) : undefined;
}

/** The objects that spec.integrations asks for, first what a release can't do without. */
export function integrationObjects(
  instance: ApplicationInstance,
): readonly KubeObject[] {
  const name = integrationName(instance.metadata.name);
  return [externalSecret, certificate, ingress].flatMap((make) => {
    const body = make(instance);
    return body === undefined ? [] : [derived(instance, body, { name })];
  });
}

/** The name of the Secret that an ExternalSecret or Certificate of ours makes. */
export function secretMadeBy({ spec }: KubeObject): string | undefined {
  const { target, secretName } = (spec ?? {}) as {
    readonly target?: { readonly name?: string };
    readonly secretName?: string;
  };
  return target?.name ?? secretName;
}

function externalSecret({ metadata, spec }: ApplicationInstance) {
  const { enabled, secretStoreRef, data } =
    spec.integrations?.externalSecrets ?? {};
  if (enabled !== true || secretStoreRef === undefined || data === undefined)
    return undefined;
  const [values] = valueReferences(spec.values).filter(
    ({ kind }) => kind === "Secret",
  );
  return {
    ...EXTERNAL_SECRET,
    spec: {
      secretStoreRef: {
        name: secretStoreRef.name,
        kind: secretStoreRef.kind ?? ABSENT_MEANS.secretStoreKind,
      },
      target: { name: values?.name ?? integrationName(metadata.name) },
      data: data.map(({ secretKey, remoteRef }) => ({ secretKey, remoteRef })),
    },
  };
}

function certificate({ metadata, spec }: ApplicationInstance) {
  const { certManager, ingress: { host, tls } = {} } = spec.integrations ?? {};
  if (certManager?.enabled !== true || !certManager.issuerRef || !host)
    return undefined;
  const { name, kind = ABSENT_MEANS.issuerKind } = certManager.issuerRef;
  return {
    ...CERTIFICATE,
    spec: {
      dnsNames: [host],
      secretName: tls?.secretName ?? certificateSecret(metadata.name),
      issuerRef: { group: "cert-manager.io", kind, name },
    },
  };
}

function ingress(instance: ApplicationInstance) {
  const { enabled, host, className } =
    instance.spec.integrations?.ingress ?? {};
  if (enabled !== true || !host) return undefined;
  const entry = pathOf(instance);
  const tls = tlsOf(instance, host);
  return {
    ...INGRESS,
    spec: {
      ...(className !== undefined && { ingressClassName: className }),
      rules: [{ host, http: { paths: [entry] } }],
      ...(tls && { tls: [tls] }),
    },
  };
}

function pathOf({ spec }: ApplicationInstance) {
  const {
    path = ABSENT_MEANS.ingressPath,
    serviceName = spec.release?.name,
    servicePort = ABSENT_MEANS.ingressServicePort,
  } = spec.integrations?.ingress ?? {};
  const service = { name: serviceName, port: { number: servicePort } };
  return { path, pathType: "Prefix", backend: { service } };
}

/** Without a Secret the ingress controller serves its default certificate. */
function tlsOf(instance: ApplicationInstance, host: string) {
  const { tls } = instance.spec.integrations?.ingress ?? {};
  const secretName = certificate(instance)?.spec.secretName ?? tls?.secretName;
  if (secretName === undefined && tls === undefined) return undefined;
  return { hosts: [host], ...(secretName !== undefined && { secretName }) };
}

function certificateSecret(instance: string): string {
  return `${integrationName(instance)}-tls`;
}
