/** Resources that a policy is asked about. */
export interface MatchedResources {
  readonly apiGroups: readonly string[];
  readonly apiVersions: readonly string[];
  readonly resources: readonly string[];
  readonly operations: readonly ("CREATE" | "UPDATE" | "DELETE" | "CONNECT")[];
  readonly scope?: "Namespaced" | "Cluster";
}

/** A condition in CEL; where it is false the request is refused with the message. */
export interface Validation {
  readonly expression: string;
  /** One sentence: the field and the remedy. */
  readonly message: string;
  /** CEL of the same sentence with the value in it; the message is used where it fails. Never repeats a secret. */
  readonly messageExpression?: string;
  /** Forbidden answers 403: somebody else may do it; Invalid answers 422: nobody may. */
  readonly reason: "Forbidden" | "Invalid";
}

/** One ValidatingAdmissionPolicy in short; it is bound to the whole cluster and denies. */
export interface AdmissionPolicy {
  /** Name of the policy and of its binding, without the domain. */
  readonly name: string;
  readonly match: readonly MatchedResources[];
  /** CEL by name; the policy is asked only where all are true, so that foreign requests cost next to nothing. */
  readonly onlyIf?: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string>>;
  readonly validations: readonly Validation[];
  /** Validated once for each of these objects of the request's namespace, as `params`; where there is none, all is let through. */
  readonly parameters?: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly selector: object;
  };
}

/** A text as CEL writes it; JSON's escapes are CEL's too. */
export const celText = (text: string): string => JSON.stringify(text);

/** A list of texts as CEL writes it. */
export const celTexts = (texts: readonly string[]): string =>
  `[${texts.map(celText).join(", ")}]`;

/** CEL: the annotation of `holder` (object or oldObject), an empty text where there is none. */
export function celAnnotation(holder: string, annotation: string): string {
  const [all, key] = [`${holder}.metadata.annotations`, celText(annotation)];
  return `has(${all}) && ${key} in ${all} ? ${all}[${key}] : ""`;
}

/** CEL: whether an object of Kubernetes (an expression that may be null) has the label with that value. */
export function celHasLabel(
  holder: string,
  label: string,
  value: string,
): string {
  const [all, key] = [`${holder}.metadata.labels`, celText(label)];
  return `${holder} != null && has(${all}) && ${key} in ${all} && ${all}[${key}] == ${celText(value)}`;
}
