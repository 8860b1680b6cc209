import { HttpKubeConnection } from "./http-kube-connection";
import type { KubeConnection } from "./kube-connection";
import {
  KubeCredentials,
  readKubeConfig,
  readPodConfig,
} from "./kube-credentials";

export interface KubeConnectionOptions {
  /** Path of a kubeconfig file; absent: the service account of the pod this runs in. */
  readonly kubeconfig?: string;
  /** A context of that file; absent: its current one. */
  readonly context?: string;
}

/**
 * The way to an API server with a kubeconfig's or a pod's credentials. No request is sent yet.
 * @throws DomainError where the file, the context or the pod's environment can't be used
 */
export function loadKubeConnection(
  options: KubeConnectionOptions = {},
): KubeConnection {
  const { kubeconfig, context } = options;
  return new HttpKubeConnection(
    new KubeCredentials(() =>
      kubeconfig === undefined
        ? readPodConfig()
        : readKubeConfig(kubeconfig, context),
    ),
  );
}
