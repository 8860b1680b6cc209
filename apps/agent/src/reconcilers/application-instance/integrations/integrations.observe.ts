import {
  type Kind,
  type KubeApi,
  KubeError,
  KindMissingError,
  type KubeObject,
  type ObjectRef,
  refOf,
} from "@vworkspace/kube";
import {
  ANNOTATIONS,
  type ApplicationInstance,
  LABELS,
} from "@vworkspace/resources";
import {
  CERTIFICATE,
  EXTERNAL_SECRET,
  INTEGRATION_KINDS,
  SECRET,
  type WatchKey,
} from "../../../watches/watched-kinds";
import type { Watches } from "../../../watches/watches";
import type { DerivedWriter } from "../actions/derived-writer";
import { isDerivedFrom } from "../derived-object";
import {
  certificateWords,
  externalSecretWords,
  isIssued,
  isMadeBy,
  newestRequest,
  type Other,
  secretProblem,
} from "./integration-state.decide";
import { integrationName, secretMadeBy } from "./integrations.desired";
import type { IntegrationsSeen, WantedIntegration } from "./integrations-seen";

export interface IntegrationObserverOptions {
  readonly api: KubeApi;
  readonly watches: Watches;
  readonly writer: DerivedWriter;
}

/** Where an add-on gets what it is asked for. */
interface ProviderRef {
  readonly kind: string;
  readonly name: string;
}

const CERTIFICATE_REQUEST: Kind = {
  apiVersion: CERTIFICATE.apiVersion,
  kind: "CertificateRequest",
};

/** Reads what there is of the integrations of an instance; an instance without any costs no request. */
export class IntegrationObserver {
  constructor(private readonly options: IntegrationObserverOptions) {}

  async observe(
    instance: ApplicationInstance,
    desired: readonly KubeObject[],
  ): Promise<IntegrationsSeen> {
    const missing = desired.filter((object) => this.isMissing(object));
    const wanted = await Promise.all(
      desired.map(async (object): Promise<WantedIntegration> => {
        const isMissing = missing.includes(object);
        return isMissing
          ? { desired: object, isAsDesired: false }
          : this.wanted(instance, object);
      }),
    );
    const holder = await this.holder(wanted);
    return {
      wanted,
      stale: this.stale(instance, desired),
      missingKinds: missing.map(
        ({ kind, apiVersion }) => `${kind} (${apiVersion})`,
      ),
      ...(holder !== undefined && { holder }),
      ...(await this.troubles(wanted)),
    };
  }

  /** Everything of ours, read one by one: what a watch has not brought yet would be left behind for good. */
  async leftovers(
    instance: ApplicationInstance,
  ): Promise<readonly KubeObject[]> {
    const { watches } = this.options;
    // Who may not see any has never made one.
    const kinds = INTEGRATION_KINDS.filter((kind) => !watches.isDenied(kind));
    const found = await Promise.all(
      kinds.map((kind) => this.getIfServed(nameOf(instance, kind))),
    );
    return found.flatMap((object) => ownOf(instance, object) ?? []);
  }

  /** Not served, as far as that is known; where the watch may not look the API server's own refusal tells more. */
  private isMissing({ kind }: KubeObject): boolean {
    const { watches } = this.options;
    const watched = INTEGRATION_KINDS.find((one) => one.kind === kind);
    return (
      watched !== undefined &&
      watches.hasSynced(watched) &&
      !watches.isDenied(watched) &&
      !watches.isServed(watched)
    );
  }

  private async wanted(
    instance: ApplicationInstance,
    desired: KubeObject,
  ): Promise<WantedIntegration> {
    const { api, writer } = this.options;
    const named = await api.get(refOf(desired));
    const actual = ownOf(instance, named);
    const isForeign = named !== undefined && actual === undefined;
    return {
      desired,
      ...(actual && { actual }),
      ...(isForeign && !mayAdopt(instance) && { isTaken: true as const }),
      isAsDesired: writer.isDone(instance, actual, desired),
    };
  }

  /** Whoever has one of the names, the first in the order of writing. */
  private async holder(
    wanted: readonly WantedIntegration[],
  ): Promise<string | undefined> {
    for (const { desired, isTaken } of wanted) {
      const holder = isTaken
        ? `${desired.kind} ${desired.metadata.name}`
        : await this.secretHolder(desired);
      if (holder !== undefined) return holder;
    }
    return undefined;
  }

  /** The add-ons overwrite a Secret that somebody else made under the name; of these nothing but the metadata is asked for. */
  private async secretHolder(desired: KubeObject): Promise<string | undefined> {
    const name = secretMadeBy(desired);
    if (name === undefined) return undefined;
    const secrets = await this.options.api.list(SECRET, {
      namespace: desired.metadata.namespace ?? "",
      fieldSelector: `metadata.name=${name}`,
      metadataOnly: true,
    });
    const secret = secrets.find(({ metadata }) => metadata.name === name);
    return secret === undefined || isMadeBy(secret, desired)
      ? undefined
      : `Secret ${name}`;
  }

  /** From the watches: whoever has no integration is not asked about any. */
  private stale(
    instance: ApplicationInstance,
    desired: readonly KubeObject[],
  ): readonly KubeObject[] {
    const { watches } = this.options;
    const { namespace, name } = instance.metadata;
    const key = `${namespace}/${integrationName(name)}`;
    return INTEGRATION_KINDS.flatMap((kind) => {
      const isWanted = desired.some((object) => object.kind === kind.kind);
      if (isWanted) return [];
      return ownOf(instance, watches.objects(kind).get(key)) ?? [];
    });
  }

  private async troubles(
    wanted: readonly WantedIntegration[],
  ): Promise<Pick<IntegrationsSeen, "secret" | "certificate">> {
    const actual = (kind: Kind) =>
      wanted.find(({ desired }) => desired.kind === kind.kind)?.actual;
    const [secret, certificate] = await Promise.all([
      this.secretTrouble(actual(EXTERNAL_SECRET)),
      this.certificateTrouble(actual(CERTIFICATE)),
    ]);
    return { ...(secret && { secret }), ...(certificate && { certificate }) };
  }

  private async secretTrouble(
    externalSecret: KubeObject | undefined,
  ): Promise<IntegrationsSeen["secret"]> {
    const problem = externalSecret && secretProblem(externalSecret);
    if (externalSecret === undefined || problem === undefined) return undefined;
    const { secretStoreRef } = externalSecret["spec"] as {
      secretStoreRef: ProviderRef;
    };
    const store = await this.provider(externalSecret, secretStoreRef);
    return { problem, message: externalSecretWords(externalSecret, store) };
  }

  private async certificateTrouble(
    certificate: KubeObject | undefined,
  ): Promise<IntegrationsSeen["certificate"]> {
    if (certificate === undefined || isIssued(certificate)) return undefined;
    const { issuerRef } = certificate["spec"] as { issuerRef: ProviderRef };
    const [requests, issuer] = await Promise.all([
      this.requestsOf(certificate),
      this.provider(certificate, issuerRef),
    ]);
    const request = newestRequest(certificate, requests);
    return { message: certificateWords(certificate, request, issuer) };
  }

  /** cert-manager copies the labels of a Certificate to its requests. */
  private requestsOf({ metadata }: KubeObject): Promise<readonly KubeObject[]> {
    const label = LABELS.applicationInstance;
    const { namespace = "", labels = {} } = metadata;
    return this.options.api
      .list(CERTIFICATE_REQUEST, {
        namespace,
        labelSelector: `${label}=${labels[label]}`,
      })
      .catch((error: unknown) => ifUnreadable(error, []));
  }

  /** An issuer or store: in the namespace of what it is for, unless its kind begins with Cluster. */
  private async provider(
    { apiVersion, metadata }: KubeObject,
    { kind, name }: ProviderRef,
  ): Promise<readonly [string, Other]> {
    const { namespace = "" } = metadata;
    const place = kind.startsWith("Cluster") ? {} : { namespace };
    const ref: ObjectRef = { apiVersion, kind, name, ...place };
    const found = await this.options.api
      .get(ref)
      .then((object) => object ?? ("missing" as const))
      .catch((error: unknown) => ifUnreadable(error, undefined));
    return [`${kind} ${name}`, found];
  }

  /** With its kind, the object is gone as well. */
  private async getIfServed(ref: ObjectRef): Promise<KubeObject | undefined> {
    try {
      return await this.options.api.get(ref);
    } catch (error) {
      if (error instanceof KindMissingError) return undefined;
      throw error;
    }
  }
}

function nameOf(
  { metadata }: ApplicationInstance,
  { apiVersion, kind }: WatchKey,
): ObjectRef {
  const { namespace = "", name } = metadata;
  return { apiVersion, kind, namespace, name: integrationName(name) };
}

function ownOf(
  { metadata }: ApplicationInstance,
  object: KubeObject | undefined,
): KubeObject | undefined {
  return object && isDerivedFrom(object, metadata.name) ? object : undefined;
}

function mayAdopt({ metadata }: ApplicationInstance): boolean {
  return metadata.annotations?.[ANNOTATIONS.adopt] === "true";
}

/** Not served or not allowed: then less is said, and nothing fails for it. */
function ifUnreadable<T>(error: unknown, otherwise: T): T {
  if (error instanceof KubeError && [403, 404].includes(error.status))
    return otherwise;
  throw error;
}
