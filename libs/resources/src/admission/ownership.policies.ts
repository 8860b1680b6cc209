import { ADMISSION_USERS, ANNOTATIONS } from "../names";
import { celAnnotation, celText, celTexts } from "./admission-policy";
import type { AdmissionPolicy } from "./admission-policy";
import {
  INSTANCES,
  OPERATIONS,
  OUR_CRD_NAMES,
  STATUSES,
} from "./our-resources";

const CARRIERS = [ADMISSION_USERS.agent, ADMISSION_USERS.controlPlane];
const isUser = (users: readonly string[]): string =>
  `request.userInfo.username in ${celTexts(users)}`;
const asUser = 'request.userInfo.username + "';

/** A release lives where its instance lives: whoever may write in one namespace installs nothing in another. */
export const RELEASE_NAMESPACE: AdmissionPolicy = {
  name: "release-namespace",
  match: [{ ...INSTANCES, operations: ["CREATE", "UPDATE"] }],
  onlyIf: {
    "has-release-namespace":
      "has(object.spec) && has(object.spec.release) && has(object.spec.release.namespace)",
    // It is immutable: what was stored before the policy must still be deletable.
    "is-new-or-changed":
      "oldObject == null || !has(oldObject.spec.release) || object.spec.release != oldObject.spec.release",
  },
  validations: [
    {
      expression: "object.spec.release.namespace == request.namespace",
      message:
        "spec.release.namespace must be metadata.namespace: set it to that, or create the instance in the other namespace",
      messageExpression:
        '"spec.release.namespace is " + string(object.spec.release.namespace) + " and must be metadata.namespace, " + request.namespace + ": set it to that, or create the instance in the other namespace"',
      reason: "Invalid",
    },
  ],
};

const STAMP = ANNOTATIONS.intentGeneration;
const STAMP_FIELD = `metadata.annotations[${STAMP}]`;
const NUMBER = "^[0-9]{1,15}$";

/** The order of what the control plane wants survives late writers and curious people. */
export const INTENT_GENERATION: AdmissionPolicy = {
  name: "intent-generation",
  match: [INSTANCES, OPERATIONS].map((resources) => ({
    ...resources,
    operations: ["CREATE", "UPDATE"] as const,
  })),
  onlyIf: {
    "stamp-changed": `(${celAnnotation("object", STAMP)}) != (oldObject == null ? "" : (${celAnnotation("oldObject", STAMP)}))`,
  },
  variables: {
    now: celAnnotation("object", STAMP),
    before: `oldObject == null ? "" : (${celAnnotation("oldObject", STAMP)})`,
  },
  validations: [
    {
      expression: isUser(CARRIERS),
      message: `${STAMP_FIELD} is written by the agent and the control plane only: leave it as it is`,
      messageExpression: `"${STAMP_FIELD} is written by the agent and the control plane only, not by " + ${asUser}: leave it as it is" + (variables.before == "" ? ", absent" : ", " + variables.before)`,
      reason: "Forbidden",
    },
    {
      expression: `variables.now.matches(${celText(NUMBER)}) || variables.now == ""`,
      message: `${STAMP_FIELD} must be a whole number of at most 15 digits: write the generation there`,
      messageExpression: `"${STAMP_FIELD} is " + variables.now + " and must be a whole number of at most 15 digits: write the generation there"`,
      reason: "Invalid",
    },
    {
      // Removing it is the lowest value of all. A value that is no number was not ours and may be replaced.
      expression: `!variables.before.matches(${celText(NUMBER)}) || (variables.now.matches(${celText(NUMBER)}) && int(variables.now) > int(variables.before))`,
      message: `${STAMP_FIELD} is never lowered or removed: read the object again and apply a newer generation`,
      messageExpression: `"${STAMP_FIELD} is " + variables.before + " and is never lowered" + (variables.now == "" ? " or removed" : ", here to " + variables.now) + ": read the object again and apply a newer generation"`,
      reason: "Invalid",
    },
  ],
};

/** What is observed is told by the one who observes it. */
export const STATUS_WRITERS: AdmissionPolicy = {
  name: "status-writers",
  match: STATUSES.map((resources) => ({
    ...resources,
    operations: ["UPDATE"] as const,
  })),
  validations: [
    {
      expression: isUser([ADMISSION_USERS.agent]),
      message: "status is written by the agent only: change spec instead",
      messageExpression: `"status is written by the agent only, not by " + ${asUser}: change spec instead"`,
      reason: "Forbidden",
    },
  ],
};

const approvals = (holder: string): string =>
  `has(${holder}.spec) && has(${holder}.spec.approvals)`;

/** Who may run an operation may not approve it, nor say that it needs no approval. */
export const APPROVALS: AdmissionPolicy = {
  name: "approvals",
  match: [{ ...OPERATIONS, operations: ["CREATE", "UPDATE"] }],
  onlyIf: {
    "approvals-changed": `oldObject == null ? ${approvals("object")} : ((${approvals("object")}) != (${approvals("oldObject")}) || (${approvals("object")} && object.spec.approvals != oldObject.spec.approvals))`,
  },
  validations: [
    {
      expression: isUser(CARRIERS),
      message:
        "spec.approvals is written by the agent and the control plane only: ask for approval in the control plane",
      messageExpression: `"spec.approvals is written by the agent and the control plane only, not by " + ${asUser}: ask for approval in the control plane"`,
      reason: "Forbidden",
    },
  ],
};

const ALLOW = ANNOTATIONS.allowDelete;

/**
 * Deleting a definition deletes every object of it. CEL can't count them, and a policy's parameters can't either: of a
 * namespaced kind they are looked up in one namespace only. So deleting asks for a second, deliberate act, always.
 */
export const DEFINITIONS_STAY: AdmissionPolicy = {
  name: "definitions-stay",
  match: [
    {
      apiGroups: ["apiextensions.k8s.io"],
      apiVersions: ["*"],
      resources: ["customresourcedefinitions"],
      operations: ["DELETE"],
    },
  ],
  onlyIf: {
    "is-ours": `oldObject != null && oldObject.metadata.name in ${celTexts(OUR_CRD_NAMES)}`,
  },
  validations: [
    {
      expression: `(${celAnnotation("oldObject", ALLOW)}) == "true"`,
      message: `deleting a CustomResourceDefinition deletes all objects of it: if that is wanted, annotate it with ${ALLOW}=true first`,
      messageExpression: `"deleting " + oldObject.metadata.name + " deletes all objects of it: if that is wanted, run kubectl annotate crd " + oldObject.metadata.name + " ${ALLOW}=true first"`,
      reason: "Forbidden",
    },
  ],
};
