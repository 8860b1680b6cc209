/** Where agents keep their credential; an installation makes it. */
export const AGENT_NAMESPACE = {
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: "vworkspace-system" },
};
