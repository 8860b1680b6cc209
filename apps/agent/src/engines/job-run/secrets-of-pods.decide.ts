import type { ContainerSpec, PodSpec } from "./job-run";

/** Names of the Secrets whose values a pod can see, each once. */
export function secretsOf(spec: PodSpec): readonly string[] {
  const containers = [
    ...(spec.initContainers ?? []),
    ...(spec.containers ?? []),
  ];
  const names = [
    ...containers.flatMap(secretsOfContainer),
    ...(spec.volumes ?? []).flatMap(({ secret, projected }) => [
      secret?.secretName,
      ...(projected?.sources ?? []).map((source) => source.secret?.name),
    ]),
  ];
  return [...new Set(names.filter((name) => name !== undefined))];
}

function secretsOfContainer({
  env = [],
  envFrom = [],
}: ContainerSpec): readonly (string | undefined)[] {
  return [
    ...env.map(({ valueFrom }) => valueFrom?.secretKeyRef?.name),
    ...envFrom.map(({ secretRef }) => secretRef?.name),
  ];
}
