import { ClusterService } from "../../apps/gateway/src/fleet/clusters/cluster.service";
import { CredentialService } from "../../apps/gateway/src/fleet/clusters/credential.service";
import { CatalogService } from "../../apps/gateway/src/intent/catalog/catalog.service";
import { PolicyService } from "../../apps/gateway/src/intent/policies/policy.service";
import { BARE_PROOF, type TenantHost, TestTenant } from "./test-tenant";

export interface NamedTenant {
  readonly tenant: TestTenant;
  readonly clusterId: string;
}

/**
 * An organization in which whatever has a name begins with the word: a cluster whose agent has registered, a catalog entry, and
 * a policy that allows everything and asks for approvals.
 */
export async function makeNamedTenant(
  host: TenantHost,
  word: string,
): Promise<NamedTenant> {
  const tenant = await TestTenant.make(host);
  const { actor } = tenant;
  const named = { code: `${word}-cluster`, name: `${word}-cluster` };
  const { id: clusterId } = await tenant.in((stores) =>
    host.get(ClusterService).create(stores, actor, named),
  );
  const token = await tenant.registrationToken(clusterId);
  await host.get(CredentialService).register(token, {}, BARE_PROOF);
  await tenant.in(async (stores) => {
    await host.get(CatalogService).create(stores, actor, {
      code: `${word}-app`,
      name: `${word}-app`,
      chart_url: "oci://charts.example.com/apps",
      chart_name: `${word}-chart`,
      recommended_version: "1.0.0",
      capabilities: { backup: "velero" },
    });
    await host.get(PolicyService).create(stores, actor, {
      name: `${word}-policy`,
      allowed_namespaces: ["*"],
      allowed_catalog_codes: ["*"],
      allowed_chart_url_prefixes: ["oci://charts.example.com"],
      allowed_operations: ["*/*"],
      require_approval_for: ["*/*"],
    });
  });
  return { tenant, clusterId };
}
