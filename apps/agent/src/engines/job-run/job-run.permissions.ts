import type { Permission } from "../../permissions/permission";

/** What following a Job asks for, whichever engine made it. */
export const JOB_RUN_PERMISSIONS: readonly Permission[] = [
  {
    apiGroups: ["batch"],
    resources: ["jobs"],
    verbs: ["get", "create", "delete"],
    scope: "namespace",
    why: "Runs the jobs of operations, follows them, and takes them away with their operation.",
  },
  {
    apiGroups: [""],
    resources: ["pods"],
    verbs: ["list"],
    scope: "namespace",
    why: "Says why the pod of an operation's job waits, and with which exit code it ended.",
  },
  {
    apiGroups: [""],
    resources: ["pods/log"],
    verbs: ["get"],
    scope: "namespace",
    why: "Shows the last lines of an operation's job that failed, where that is switched on.",
  },
  {
    apiGroups: [""],
    resources: ["secrets"],
    verbs: ["get"],
    scope: "namespace",
    why: "Knows the values that it has to mask in those lines.",
  },
  {
    apiGroups: [""],
    resources: ["serviceaccounts"],
    verbs: ["get"],
    scope: "namespace",
    why: "Sees that the account that a job runs under is there and released for operations.",
  },
];
