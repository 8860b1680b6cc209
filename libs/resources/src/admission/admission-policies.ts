import type { AdmissionPolicy, Validation } from "./admission-policy";
import { AGENT_BACKUPS } from "./agent-backups.policy";
import {
  AGENT_BINDINGS,
  AGENT_NAMESPACES,
  AGENT_OPT_IN,
} from "./agent-fence.policies";
import { INLINE_SECRETS } from "./inline-secrets.policy";
import { OPERATION_PARAMETERS } from "./operation-parameters.policy";
import { AGENT_ACCOUNTS, AGENT_RELEASES } from "./agent-releases.policies";
import {
  APPROVALS,
  DEFINITIONS_STAY,
  INTENT_GENERATION,
  RELEASE_NAMESPACE,
  STATUS_WRITERS,
} from "./ownership.policies";

/** One policy with its binding: the name of its file below deploy/policies and the manifests as JSON. */
export interface AdmissionPolicyFile {
  readonly file: string;
  readonly manifests: readonly AdmissionManifest[];
}

/** A ValidatingAdmissionPolicy or a ValidatingAdmissionPolicyBinding of admissionregistration.k8s.io/v1. */
export interface AdmissionManifest {
  readonly apiVersion: "admissionregistration.k8s.io/v1";
  readonly kind:
    "ValidatingAdmissionPolicy" | "ValidatingAdmissionPolicyBinding";
  readonly metadata: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly spec: object;
}

const POLICIES: readonly AdmissionPolicy[] = [
  INLINE_SECRETS,
  RELEASE_NAMESPACE,
  INTENT_GENERATION,
  STATUS_WRITERS,
  APPROVALS,
  OPERATION_PARAMETERS,
  DEFINITIONS_STAY,
  AGENT_NAMESPACES,
  AGENT_OPT_IN,
  AGENT_BINDINGS,
  AGENT_RELEASES,
  AGENT_ACCOUNTS,
  AGENT_BACKUPS,
];

/**
 * What the API server is to refuse and a schema cannot say. The agent and the gateway check the same without them: a cluster
 * may be without policies.
 */
export function admissionPolicies(): readonly AdmissionPolicyFile[] {
  return POLICIES.map((policy) => ({
    file: `${policy.name}.yaml`,
    manifests: [policyManifest(policy), bindingManifest(policy)],
  }));
}

const metadataOf = ({ name }: AdmissionPolicy) => ({
  name: `${name}.vworkspace.io`,
  labels: {
    "app.kubernetes.io/name": "vworkspace",
    "app.kubernetes.io/part-of": "vworkspace",
    "app.kubernetes.io/component": "policies",
  },
});

function policyManifest(policy: AdmissionPolicy): AdmissionManifest {
  const { match, onlyIf = {}, variables = {}, validations } = policy;
  const { parameters } = policy;
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicy",
    metadata: metadataOf(policy),
    spec: {
      // Without an answer nothing is let through; onlyIf keeps that from touching what is not ours.
      failurePolicy: "Fail",
      ...(parameters && {
        paramKind: { apiVersion: parameters.apiVersion, kind: parameters.kind },
      }),
      matchConstraints: { resourceRules: match },
      matchConditions: named(onlyIf),
      variables: named(variables),
      validations: validations.map(validationManifest),
    },
  };
}

const named = (expressions: Readonly<Record<string, string>>) =>
  Object.entries(expressions).map(([name, expression]) => ({
    name,
    expression,
  }));

/** The sentence ends with a full stop here, so that no policy forgets it. */
function validationManifest(validation: Validation): object {
  const { message, messageExpression } = validation;
  return {
    ...validation,
    message: `${message}.`,
    ...(messageExpression === undefined
      ? {}
      : { messageExpression: `${messageExpression} + "."` }),
  };
}

function bindingManifest(policy: AdmissionPolicy): AdmissionManifest {
  const metadata = metadataOf(policy);
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicyBinding",
    metadata,
    spec: {
      policyName: metadata.name,
      ...(policy.parameters && {
        paramRef: {
          selector: policy.parameters.selector,
          parameterNotFoundAction: "Allow",
        },
      }),
      validationActions: ["Deny"],
    },
  };
}
