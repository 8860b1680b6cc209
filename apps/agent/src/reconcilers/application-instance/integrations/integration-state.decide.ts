import type { Condition } from "@vworkspace/contract";
import type { KubeObject } from "@vworkspace/kube";
import { foreignWords } from "../../../engines/foreign-words";
import type { IntegrationsSeen } from "./integrations-seen";

/** What another object says of itself: the object, that it isn't there, or undefined where it can't be read. */
export type Other = KubeObject | "missing" | undefined;

/** cert-manager's annotation of the Secrets and requests that it makes. */
const CERTIFICATE_NAME = "cert-manager.io/certificate-name";

const IF_IT_LASTS = "if that lasts, see whether it runs";

interface AddOnStatus {
  readonly conditions?: readonly Condition[];
  /** Of an ExternalSecret: `<generation>-<hash>` of what was fetched last. */
  readonly syncedResourceVersion?: string;
}

/** Whether a Certificate of ours is issued as it stands now. */
export function isIssued(certificate: KubeObject): boolean {
  return currentReady(certificate)?.status === "True";
}

/**
 * What is wrong with an ExternalSecret of ours. What was fetched for its newest generation goes on being used while its store
 * is away; what was never fetched is waited for.
 */
export function secretProblem(
  externalSecret: KubeObject,
): NonNullable<IntegrationsSeen["secret"]>["problem"] | undefined {
  const { syncedResourceVersion } = statusOf(externalSecret);
  const { generation = 0 } = externalSecret.metadata;
  const isReady = readyOf(externalSecret)?.status === "True";
  const isFetched =
    syncedResourceVersion === undefined
      ? isReady
      : syncedResourceVersion.startsWith(`${generation}-`);
  if (!isFetched) return "never-fetched";
  return isReady ? undefined : "not-refreshed";
}

/** Whether a Secret was made by the ExternalSecret or Certificate that wants its name. */
export function isMadeBy(
  { metadata }: KubeObject,
  { kind, metadata: { name } }: KubeObject,
): boolean {
  const { annotations = {}, ownerReferences = [] } = metadata;
  if (kind === "Certificate") return annotations[CERTIFICATE_NAME] === name;
  return ownerReferences.some(
    (owner) => owner.kind === kind && owner.name === name,
  );
}

/** The request that a Certificate made last. */
export function newestRequest(
  { metadata }: KubeObject,
  requests: readonly KubeObject[],
): KubeObject | undefined {
  const age = (request: KubeObject) => request.metadata.creationTimestamp ?? "";
  return requests
    .filter(
      (request) =>
        request.metadata.annotations?.[CERTIFICATE_NAME] === metadata.name,
    )
    .sort((one, other) => (age(one) < age(other) ? 1 : -1))[0];
}

/** Why a Certificate is not Ready: in its own words, those of its request and those of its issuer. */
export function certificateWords(
  certificate: KubeObject,
  request: KubeObject | undefined,
  [name, issuer]: readonly [string, Other],
): string {
  const own = currentReady(certificate);
  return together([
    `Certificate ${certificate.metadata.name} is not ready: ${
      own ? said(own) : `cert-manager has not looked at it yet; ${IF_IT_LASTS}`
    }`,
    request &&
      troubleOf(`CertificateRequest ${request.metadata.name}`, request),
    troubleOf(name, issuer),
  ]);
}

/** Why an ExternalSecret is not Ready: in its own words and those of its store. */
export function externalSecretWords(
  externalSecret: KubeObject,
  [name, store]: readonly [string, Other],
): string {
  const own = readyOf(externalSecret);
  return together([
    `ExternalSecret ${externalSecret.metadata.name} is not ready: ${
      own?.status === "False"
        ? said(own)
        : `external-secrets has not fetched it yet; ${IF_IT_LASTS}`
    }`,
    troubleOf(name, store),
  ]);
}

/** What another object says against it being Ready. */
function troubleOf(name: string, other: Other): string | undefined {
  if (other === undefined) return undefined;
  if (other === "missing") return `${name} does not exist: create it`;
  const ready = readyOf(other);
  return ready === undefined || ready.status === "True"
    ? undefined
    : `${name}: ${said(ready)}`;
}

function said({ reason, message }: Condition): string {
  return foreignWords(message, reason);
}

function together(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join("; ");
}

function readyOf(object: KubeObject): Condition | undefined {
  return statusOf(object).conditions?.find(({ type }) => type === "Ready");
}

/** That speaks of the object's newest generation, where it says of which. */
function currentReady(object: KubeObject): Condition | undefined {
  const ready = readyOf(object);
  const { generation = 0 } = object.metadata;
  return (ready?.observedGeneration ?? generation) >= generation
    ? ready
    : undefined;
}

function statusOf(object: KubeObject): AddOnStatus {
  return object["status"] ?? {};
}
