import {
  ADMISSION_USERS,
  AGENT_NAMESPACE_ROLE,
  LABELS,
  NAMESPACE_OPT_IN_VALUE,
  RELEASE_SERVICE_ACCOUNT,
} from "../names";
import { celHasLabel, celText, celTexts } from "./admission-policy";
import type { AdmissionPolicy } from "./admission-policy";
import { OUR_GROUPS } from "./our-resources";

const { agent, agentNamespace } = ADMISSION_USERS;
const AGENT_ACCOUNT = agent.split(":").at(-1) ?? "";
const OPT_IN = `${LABELS.namespaceOptIn}=${NAMESPACE_OPT_IN_VALUE}`;
const isAgent = `request.userInfo.username == ${celText(agent)}`;
const hasOptedIn = (namespace: string): string =>
  celHasLabel(namespace, LABELS.namespaceOptIn, NAMESPACE_OPT_IN_VALUE);

/** What else of an object means something: an owner that isn't there has it deleted, and a finalizer keeps it for ever. */
const onlyLetsGo = [
  "object.?spec == oldObject.?spec",
  ...["labels", "annotations", "ownerReferences"].map(
    (field) => `object.metadata.?${field} == oldObject.metadata.?${field}`,
  ),
  "object.metadata.?finalizers.orValue([]).all(f, f in oldObject.metadata.?finalizers.orValue([]))",
].join(" && ");

/** Of our own kinds the agent may say anywhere why it does nothing, and take finalizers off them. */
const reportsOnOurs = `request.resource.group in ${celTexts(OUR_GROUPS)} && request.operation == "UPDATE" && (request.?subResource.orValue("") == "status" || (${onlyLetsGo}))`;

/** Events carry no rights, and those about cluster-wide objects live in namespace default. */
const tells = `request.resource.resource == "events" && request.resource.group in ["", "events.k8s.io"] && request.operation in ["CREATE", "UPDATE"]`;

/** Velero looks for its objects in its own namespace, whose applications they aren't about; {@link AGENT_BACKUPS} looks at them. */
const orders = `request.resource.group == "velero.io" && (request.operation == "CREATE" || request.operation == "DELETE")`;

/** RBAC knows no labels: this keeps the agent's ClusterRole to the namespaces that opted in. */
export const AGENT_NAMESPACES: AdmissionPolicy = {
  name: "agent-namespaces",
  match: [
    {
      apiGroups: ["*"],
      apiVersions: ["*"],
      resources: ["*/*"],
      operations: ["CREATE", "UPDATE", "DELETE", "CONNECT"],
      scope: "Namespaced",
    },
  ],
  onlyIf: {
    "is-the-agent": isAgent,
    "is-elsewhere": `request.namespace != ${celText(agentNamespace)}`,
  },
  validations: [
    {
      expression: `(${hasOptedIn("namespaceObject")}) || (${reportsOnOurs}) || (${tells}) || (${orders})`,
      message: `the agent writes only in namespaces with the label ${OPT_IN}: an administrator of the cluster sets it`,
      messageExpression: `"namespace " + request.namespace + " has not opted in to the agent: an administrator of the cluster runs kubectl label namespace " + request.namespace + ${celText(` ${OPT_IN}`)}`,
      reason: "Forbidden",
    },
  ],
};

/** Labels of a namespace that say how privileged its pods may be. */
const POD_SECURITY = "pod-security.kubernetes.io/";

/** CEL: whether each such label of one of both objects stands on both alike. */
const keepsPodSecurity = (holder: "object" | "oldObject"): string =>
  `${holder}.metadata.?labels.orValue({}).all(k, !k.startsWith(${celText(POD_SECURITY)}) || (request.operation == "UPDATE" && object.metadata.?labels[?k] == oldObject.metadata.?labels[?k]))`;

/** The agent opens no door for itself: it makes new namespaces, and opts in no existing one. */
export const AGENT_OPT_IN: AdmissionPolicy = {
  name: "agent-opt-in",
  match: [
    {
      apiGroups: [""],
      apiVersions: ["*"],
      resources: ["namespaces", "namespaces/*"],
      operations: ["CREATE", "UPDATE", "DELETE"],
    },
  ],
  onlyIf: { "is-the-agent": isAgent },
  validations: [
    {
      expression: `request.operation == "DELETE" || (${keepsPodSecurity("object")} && (request.operation == "CREATE" || ${keepsPodSecurity("oldObject")}))`,
      message: `metadata.labels: the agent changes no ${POD_SECURITY}* of a namespace: an administrator of the cluster says what pods may do there`,
      reason: "Forbidden",
    },
    {
      expression: `request.operation != "CREATE" || (${hasOptedIn("object")})`,
      message: `metadata.labels of a namespace that the agent creates must hold ${OPT_IN}: add it`,
      reason: "Forbidden",
    },
    {
      expression: `request.operation != "CREATE" || !(object.metadata.name.startsWith("kube-") || object.metadata.name in ${celTexts(["default", agentNamespace])})`,
      message: `metadata.name of a namespace that the agent creates is never default, kube-* or ${agentNamespace}: choose another namespace`,
      messageExpression: `"metadata.name is " + object.metadata.name + ${celText(`; the agent never creates default, kube-* or ${agentNamespace}: choose another namespace`)}`,
      reason: "Forbidden",
    },
    {
      expression: `request.operation == "CREATE" || (${hasOptedIn("oldObject")})`,
      message: `metadata.labels: the agent opts in no existing namespace and changes none without ${OPT_IN}: an administrator of the cluster sets the label`,
      messageExpression: `"metadata.labels: the agent opts in no existing namespace and changes none that has not opted in, here " + oldObject.metadata.name + ": an administrator of the cluster runs kubectl label namespace " + oldObject.metadata.name + ${celText(` ${OPT_IN}`)}`,
      reason: "Forbidden",
    },
  ],
};

const BINDABLE = `binds no role but the ClusterRole admin to ${RELEASE_SERVICE_ACCOUNT} and the ClusterRole ${AGENT_NAMESPACE_ROLE} to itself, each by a RoleBinding in one namespace and never in ${agentNamespace}: an administrator of the cluster makes other bindings`;

/** CEL: whether the binding gives one ClusterRole to one service account and to nobody else. */
const bindsOnly = (role: string, account: string, namespace: string): string =>
  `object.roleRef.name == ${celText(role)} && object.?subjects.orValue([]).all(s, s.kind == "ServiceAccount" && s.name == ${celText(account)} && s.?namespace.orValue("") == ${namespace})`;

/**
 * Rights that the agent hands on: `admin` to the release service account of a namespace, its own there to itself. In its own
 * namespace it would give itself what the other policies keep it from: they don't look there.
 */
export const AGENT_BINDINGS: AdmissionPolicy = {
  name: "agent-bindings",
  match: [
    {
      apiGroups: ["rbac.authorization.k8s.io"],
      apiVersions: ["*"],
      resources: ["rolebindings", "clusterrolebindings"],
      operations: ["CREATE", "UPDATE"],
    },
  ],
  onlyIf: { "is-the-agent": isAgent },
  validations: [
    {
      expression: `request.resource.resource == "rolebindings" && request.namespace != ${celText(agentNamespace)} && object.roleRef.kind == "ClusterRole" && (${bindsOnly("admin", RELEASE_SERVICE_ACCOUNT, "request.namespace")} || ${bindsOnly(AGENT_NAMESPACE_ROLE, AGENT_ACCOUNT, celText(agentNamespace))})`,
      message: `roleRef and subjects: the agent ${BINDABLE}`,
      messageExpression: `"roleRef is " + object.roleRef.kind + " " + object.roleRef.name + ${celText(`; the agent ${BINDABLE}`)}`,
      reason: "Forbidden",
    },
  ],
};
