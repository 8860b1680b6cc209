import type { ApplicationInstance, Probe } from "@vworkspace/resources";
import type { Observation } from "../observation";
import { leadsOutside, type ServiceSources } from "./leads-outside";
import type { ProbeRounds } from "./probe-rounds";
import { addressOf, probeTarget } from "./probe-target";

interface Around extends ServiceSources {
  readonly probes: ProbeRounds;
}

/**
 * Sees to it that an instance's probes go their rounds, and tells what they found so far. A Service of type ExternalName is a
 * name for somewhere else: an agent must not be made to knock there.
 */
export async function followProbes(
  around: Around,
  instance: ApplicationInstance,
): Promise<Observation["unreachable"]> {
  const { namespace = "", name } = instance.metadata;
  const { probes = [] } = instance.spec;
  const outside: Probe[] = [];
  for (const probe of probes)
    if (await leadsOutside(around, namespace, probe.service))
      outside.push(probe);
  const key = `${namespace}/${name}`;
  around.probes.follow(
    key,
    probes.filter((probe) => !outside.includes(probe)),
  );
  const [first] = outside;
  if (first === undefined) return around.probes.unreachable(key);
  return {
    url: addressOf(probeTarget(first, namespace)),
    message: `probe ${first.name} is not carried out: Service ${first.service} is of type ExternalName; name one that has pods`,
  };
}
