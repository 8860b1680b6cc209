/** API groups that no job may touch, whatever is configured: who may do what, and what kinds there are. */
export const FORBIDDEN_GROUPS: readonly string[] = [
  "rbac.authorization.k8s.io",
  "apiextensions.k8s.io",
  "apiregistration.k8s.io",
  "admissionregistration.k8s.io",
];
