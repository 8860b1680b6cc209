export * from "./kube-object";
export * from "./kube-api";
export * from "./kube-error";
export * from "./create-applied";
export {
  KubeConnection,
  type KubeRequest,
  type KubeResponse,
  type KubeStream,
} from "./kube-connection";
export * from "./load-kube-connection";
export * from "./watch-source";
export { openKubeApi, type KubeClient } from "./kube-client";
export { Reflector, type ReflectorOptions } from "./reflector";
export type { Keep } from "./kept-watch-source";
export * from "./keyed-queue";
export * from "./reconcile-outcome";
export * from "./runner";
export * from "./fenced-connection";
export * from "./leader-election";
export { LEASE } from "./lease-lock";
