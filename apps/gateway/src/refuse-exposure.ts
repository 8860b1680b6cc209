import { ConfigurationError, isLoopback } from "@vworkspace/kernel";

interface Exposure {
  readonly http: { readonly host: string };
  readonly agents: {
    readonly address: { readonly host: string } | undefined;
  };
  readonly database: { readonly url: string | undefined };
  readonly isDemo: boolean;
  readonly bootstrapAdmin: object | undefined;
}

/** Demo, embedded database and bootstrap admin are for one machine: never on an address that others reach. */
export function refuseExposure(config: Exposure): void {
  const { agents, http } = config;
  if (!isLoopback(http.host))
    refuseToListenAt("VWORKSPACE_HTTP_ADDR", http.host, config);
  const host = agents.address?.host;
  if (host !== undefined && !isLoopback(host))
    refuseToListenAt("VWORKSPACE_AGENT_ADDR", host, config);
}

function refuseToListenAt(name: string, host: string, config: Exposure): void {
  if (config.isDemo) {
    throw new ConfigurationError(
      `${name} is ${host}: the demo listens on a loopback address only; unset VWORKSPACE_DEMO.`,
    );
  }
  if (!config.database.url) {
    throw new ConfigurationError(
      `${name} is ${host}: with the embedded database the gateway listens on a loopback address only; set DATABASE_URL.`,
    );
  }
  if (config.bootstrapAdmin) {
    throw new ConfigurationError(
      "VWORKSPACE_BOOTSTRAP_ADMIN is for tests on this machine: unset it and use `npm run -s vworkspace -- user add`.",
    );
  }
}
