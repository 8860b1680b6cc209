import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IdentityLinkService } from "../../apps/gateway/src/trust/people/identity-link.service";
import { UserService } from "../../apps/gateway/src/trust/identity/user.service";
import type { Role } from "../../apps/gateway/src/trust/identity/domain/actor";
import {
  type ListedGateway,
  startListedGateway,
} from "../trust/listed-gateway";
import { Browser } from "./browser";

/** The gateway's name on the internet: its cookies are those of a site with TLS. */
export const PUBLIC_URL = "https://gateway.example.com";
export const CALLBACK = `${PUBLIC_URL}/login/callback`;

/** A client of some provider. */
export interface KnownClient {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret?: string;
}

/** A gateway that people sign in to, browsers in front of it, and its operator. */
export class SignInWorld {
  private constructor(
    readonly gateway: ListedGateway,
    private readonly issuer: string,
    private readonly folder: string,
  ) {}

  static async make(client: KnownClient): Promise<SignInWorld> {
    const folder = await mkdtemp(join(tmpdir(), "vworkspace-oidc-"));
    const gateway = await startListedGateway({
      VWORKSPACE_PUBLIC_URL: PUBLIC_URL,
      ...(await oidcSettings(client, folder)),
    });
    return new SignInWorld(gateway, client.issuer, folder);
  }

  browser(): Browser {
    return new Browser(new Map([[PUBLIC_URL, this.gateway.url]]));
  }

  /** A user, linked to a subject where one is given. */
  async user(
    login: string,
    organizationCode: string,
    { subject, role = "approver" }: { subject?: string; role?: Role } = {},
  ): Promise<{
    readonly userId: string;
    readonly organizationId: string;
    readonly key: string;
  }> {
    const made = await this.gateway
      .get(UserService)
      .add({ login, role, organizationCode });
    if (subject !== undefined) {
      const identity = { issuer: this.issuer, subject };
      await this.gateway
        .get(IdentityLinkService)
        .linkAsOperator(organizationCode, login, identity);
    }
    return made;
  }

  /** How often sign-ins came to nothing, by reason. */
  async failures(): Promise<Readonly<Record<string, number>>> {
    const metrics = await fetch(`${this.gateway.url}/metrics`);
    const lines = (await metrics.text()).matchAll(
      /^vworkspace_login_failures_total\{reason="(\w+)"\} (\d+)$/gm,
    );
    return Object.fromEntries(
      [...lines].map(([, reason = "", count]) => [reason, Number(count)]),
    );
  }

  /** Audit entries of an organization, oldest first. */
  async audit(organizationId: string) {
    const rows = await this.gateway.look<{ leaf: Buffer }>(
      "select leaf from audit_queue where organization_id = $1 order by number",
      [organizationId],
    );
    return rows.map(
      ({ leaf }) =>
        JSON.parse(leaf.toString()) as {
          action: string;
          detail: Readonly<Record<string, unknown>>;
        },
    );
  }

  async stop(): Promise<void> {
    await this.gateway.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** The gateway's settings for a provider; the secret's file goes into the folder. */
export async function oidcSettings(
  { issuer, clientId, clientSecret }: KnownClient,
  folder: string,
): Promise<Readonly<Record<string, string>>> {
  const file = join(folder, "client-secret");
  if (clientSecret !== undefined) await writeFile(file, `${clientSecret}\n`);
  return {
    VWORKSPACE_OIDC_ISSUER: issuer,
    VWORKSPACE_OIDC_CLIENT_ID: clientId,
    ...(clientSecret !== undefined && {
      VWORKSPACE_OIDC_CLIENT_SECRET_FILE: file,
    }),
  };
}
