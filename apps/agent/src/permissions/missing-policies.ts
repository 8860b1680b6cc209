import { admissionPolicies } from "@vworkspace/resources";

/** Names of objects that are there, as a store or a set of names has them. */
interface Names {
  has(name: string): boolean;
}

/** Names of the admission policies of deploy/policies that are absent, or that nothing binds. */
export function missingPolicies(
  policies: Names,
  bindings: Names,
): readonly string[] {
  return admissionPolicies()
    .flatMap(({ manifests }) => manifests.slice(0, 1))
    .map(({ metadata }) => metadata.name)
    .filter((name) => !policies.has(name) || !bindings.has(name));
}
