import type { INestApplicationContext } from "@nestjs/common";
import { ConfigurationError } from "@vworkspace/kernel";
import type { GatewayConfig } from "./config";
import { OrganizationService } from "./trust/identity/organization.service";
import { UserService } from "./trust/identity/user.service";

const TEST_ORGANIZATION = "test";
const DEMO_ORGANIZATION = "demo";

/** Users that the configuration asks for, before anyone can call. */
export async function prepareOrganizations(
  app: INestApplicationContext,
  config: GatewayConfig,
): Promise<void> {
  if (config.isDemo)
    await refuseForeignOrganizations(app.get(OrganizationService));
  if (!config.bootstrapAdmin) return;
  const organizationCode = config.isDemo
    ? DEMO_ORGANIZATION
    : TEST_ORGANIZATION;
  await app.get(UserService).add({
    ...config.bootstrapAdmin,
    role: "admin",
    organizationCode,
  });
}

/** The demo accepts simulated clusters: it must never stand beside somebody's real ones. */
async function refuseForeignOrganizations(
  organizations: OrganizationService,
): Promise<void> {
  const foreign = (await organizations.list()).find(
    ({ code }) => code !== DEMO_ORGANIZATION,
  );
  if (foreign)
    throw new ConfigurationError(
      `VWORKSPACE_DEMO: the database holds the organization "${foreign.code}"; the demo wants a database of its own.`,
    );
}
