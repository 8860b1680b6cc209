import type { INestApplicationContext } from "@nestjs/common";
import { ConfigurationError } from "@vworkspace/kernel";
import type { GatewayConfig } from "./config";
import { UserService } from "./trust/identity/user.service";

const TEST_ORGANIZATION = "test";
const DEMO_ORGANIZATION = "demo";

/** Users that the configuration asks for, before anyone can call. */
export async function prepareOrganizations(
  app: INestApplicationContext,
  config: GatewayConfig,
): Promise<void> {
  const users = app.get(UserService);
  if (config.isDemo) await refuseForeignOrganizations(users);
  if (!config.bootstrapAdmin) return;
  const organizationCode = config.isDemo
    ? DEMO_ORGANIZATION
    : TEST_ORGANIZATION;
  await users.add({
    ...config.bootstrapAdmin,
    role: "admin",
    organizationCode,
  });
}

/** The demo accepts simulated clusters: it must never stand beside somebody's real ones. */
async function refuseForeignOrganizations(users: UserService): Promise<void> {
  const foreign = (await users.organizationCodes()).filter(
    (code) => code !== DEMO_ORGANIZATION,
  );
  if (foreign.length > 0) {
    throw new ConfigurationError(
      `VWORKSPACE_DEMO: the database holds the organization "${foreign[0] ?? ""}"; the demo wants a database of its own.`,
    );
  }
}
