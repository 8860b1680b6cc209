import { dirname, join, resolve } from "node:path";
import { LIMITS } from "@vworkspace/contract";
import {
  ConfigurationError,
  type Environment,
  type EnvironmentVariable,
  readAddress,
  readFlag,
  readLogLevel,
  readWholeNumber,
} from "@vworkspace/kernel";
import {
  AGENT_LISTENER_ENVIRONMENT,
  type AgentListenerConfig,
  readAgentListenerConfig,
} from "./agent-listener-config";
import { readLimitsFile } from "./api/limits/limits-file";
import type { Limits } from "./api/limits/limits.table";
import {
  OIDC_ENVIRONMENT,
  type OidcConfig,
  readOidcConfig,
} from "./oidc-config";
import { readUrl } from "./read-url";
import { refuseExposure } from "./refuse-exposure";
import {
  readRetentionConfig,
  RETENTION_ENVIRONMENT,
  type RetentionConfig,
} from "./retention-config";
import {
  readTrustConfig,
  TRUST_ENVIRONMENT,
  type TrustConfig,
} from "./trust-config";

/** Every environment variable the gateway reads. docs/reference/environment.md is generated from this table. */
export const GATEWAY_ENVIRONMENT: readonly EnvironmentVariable[] = [
  {
    name: "VWORKSPACE_HTTP_ADDR",
    default: "127.0.0.1:8080",
    description: "Address that the gateway listens on.",
  },
  {
    name: "VWORKSPACE_PUBLIC_URL",
    default: "http://VWORKSPACE_HTTP_ADDR",
    description:
      "URL under which agents, Odoo and people reach the gateway; issuer of its tokens.",
  },
  {
    name: "DATABASE_URL",
    default: "embedded PostgreSQL",
    isSecret: true,
    description:
      "PostgreSQL 16 or later, as the role that answers requests; or, alone, as a role that may create the three roles.",
  },
  {
    name: "DATABASE_OWNER_URL",
    isSecret: true,
    description:
      "The same database as the role that owns the tables and runs migrations.",
  },
  {
    name: "DATABASE_WORKER_URL",
    isSecret: true,
    description:
      "The same database as the role of sweeps and notifications; past any pooler.",
  },
  {
    name: "VWORKSPACE_DATABASE_POOL",
    default: "10",
    description: "Connections per role and replica.",
  },
  {
    name: "VWORKSPACE_DATA_DIR",
    default: ".data",
    description: "Where the embedded PostgreSQL and its master key live.",
  },
  {
    name: "VWORKSPACE_MASTER_KEY_FILE",
    default: "VWORKSPACE_DATA_DIR/keys/master.key when embedded",
    description:
      "File with 32 random bytes in base64: openssl rand -base64 32.",
  },
  ...TRUST_ENVIRONMENT,
  ...OIDC_ENVIRONMENT,
  ...AGENT_LISTENER_ENVIRONMENT,
  {
    name: "VWORKSPACE_JOB_LEASE_SECONDS",
    default: String(LIMITS.leaseSeconds),
    description:
      "How long an acked job may be silent before it is offered again.",
  },
  {
    name: "VWORKSPACE_JOB_TTL_SECONDS",
    default: String(LIMITS.jobSeconds),
    description: "How long an offered job may stay unacked before it expires.",
  },
  {
    name: "VWORKSPACE_REISSUE_SECONDS",
    default: "60",
    description:
      "First pause before an intent that was not delivered is issued again; doubles up to an hour.",
  },
  {
    name: "VWORKSPACE_SWEEP_SECONDS",
    default: "15",
    description:
      "Period of the sweep that catches lost notifications, expiry and lapsed leases.",
  },
  {
    name: "VWORKSPACE_DISCONNECT_AFTER_SECONDS",
    default: "120",
    description: "Silence after which a cluster is shown as disconnected.",
  },
  {
    name: "VWORKSPACE_CREDENTIAL_GRACE_SECONDS",
    default: String(LIMITS.credentialGraceSeconds),
    description: "How long a rotated cluster credential keeps working.",
  },
  ...RETENTION_ENVIRONMENT,
  {
    name: "VWORKSPACE_MAX_CONNECTIONS",
    default: "50000",
    description: "Open connections per replica.",
  },
  {
    name: "VWORKSPACE_MAX_CONNECTIONS_PER_ADDRESS",
    default: "2000",
    description:
      "Open connections of one address, or requests at once where a trusted proxy tells it; of addresses that are not this machine.",
  },
  {
    name: "VWORKSPACE_ODOO_DATABASES",
    default: "any non-empty name",
    description:
      "Names accepted as the `db` of Odoo's protocols, separated by commas.",
  },
  {
    name: "VWORKSPACE_ODOO_HTTP_HOSTS",
    default: "none",
    description:
      "Hosts, separated by commas, at which a paired Odoo may be called over plain http besides this machine.",
  },
  {
    name: "VWORKSPACE_BOOTSTRAP_ADMIN",
    isSecret: true,
    description:
      "LOGIN:KEY of an admin to make in the organization `test`; embedded database on a loopback address only.",
  },
  {
    name: "VWORKSPACE_LIMITS_FILE",
    default: "none",
    description:
      "YAML with other limits per route than those of docs/reference/limits.md.",
  },
  {
    name: "VWORKSPACE_DEMO",
    default: "false",
    description:
      "Demo mode: organization `demo`, simulated clusters, loopback only.",
  },
  {
    name: "VWORKSPACE_METRICS_TOKEN",
    isSecret: true,
    default: "loopback only",
    description: "Bearer token for /metrics from other than this machine.",
  },
  {
    name: "VWORKSPACE_LOG_LEVEL",
    default: "info",
    description: "fatal, error, warn, info, debug or trace.",
  },
];

export interface GatewayConfig
  extends TrustConfig, OidcConfig, AgentListenerConfig, RetentionConfig {
  readonly http: { readonly host: string; readonly port: number };
  readonly publicUrl: string | undefined;
  readonly database: DatabaseConfig;
  readonly dataDir: string;
  readonly masterKeyFile: string | undefined;
  readonly jobs: JobTimes;
  readonly disconnectAfterSeconds: number;
  readonly credentialGraceSeconds: number;
  readonly limits: Limits;
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  readonly odooDatabases: readonly string[];
  readonly odooHttpHosts: readonly string[];
  readonly bootstrapAdmin:
    { readonly login: string; readonly key: string } | undefined;
  readonly isDemo: boolean;
  readonly metricsToken: string | undefined;
  readonly logLevel: string;
}

export interface DatabaseConfig {
  readonly url: string | undefined;
  readonly ownerUrl: string | undefined;
  readonly workerUrl: string | undefined;
  readonly poolSize: number;
}

/** Seconds each; see the table of variables. */
export interface JobTimes {
  readonly leaseSeconds: number;
  readonly ttlSeconds: number;
  readonly reissueSeconds: number;
  readonly sweepSeconds: number;
}

/** Reads the environment. @throws ConfigurationError naming variable, value and remedy. */
export function readGatewayConfig(
  environment: Environment = process.env,
): GatewayConfig {
  const publicUrl = readUrl(environment, "VWORKSPACE_PUBLIC_URL");
  const config: GatewayConfig = {
    http: readAddress(environment, "VWORKSPACE_HTTP_ADDR", "127.0.0.1:8080"),
    publicUrl,
    database: readDatabase(environment),
    dataDir: resolve(environment["VWORKSPACE_DATA_DIR"] || ".data"),
    masterKeyFile: environment["VWORKSPACE_MASTER_KEY_FILE"] || undefined,
    jobs: readJobTimes(environment),
    disconnectAfterSeconds: readWholeNumber(
      environment,
      "VWORKSPACE_DISCONNECT_AFTER_SECONDS",
      120,
    ),
    credentialGraceSeconds: readWholeNumber(
      environment,
      "VWORKSPACE_CREDENTIAL_GRACE_SECONDS",
      LIMITS.credentialGraceSeconds,
    ),
    ...readRetentionConfig(environment),
    ...readConnectionLimits(environment),
    limits: readLimitsFile(environment["VWORKSPACE_LIMITS_FILE"] || undefined),
    ...readTrustConfig(environment),
    ...readOidcConfig(environment, publicUrl),
    ...readAgentListenerConfig(environment),
    odooDatabases: readNames(environment, "VWORKSPACE_ODOO_DATABASES"),
    odooHttpHosts: readNames(environment, "VWORKSPACE_ODOO_HTTP_HOSTS"),
    bootstrapAdmin: readBootstrapAdmin(environment),
    isDemo: readFlag(environment, "VWORKSPACE_DEMO"),
    metricsToken: environment["VWORKSPACE_METRICS_TOKEN"] || undefined,
    logLevel: readLogLevel(environment),
  };
  refuseExposure(config);
  return config;
}

function readConnectionLimits(
  environment: Environment,
): Pick<GatewayConfig, "maxConnections" | "maxConnectionsPerAddress"> {
  const read = (name: string, fallback: number) =>
    readWholeNumber(environment, name, fallback);
  return {
    maxConnections: read("VWORKSPACE_MAX_CONNECTIONS", 50_000),
    maxConnectionsPerAddress: read(
      "VWORKSPACE_MAX_CONNECTIONS_PER_ADDRESS",
      2000,
    ),
  };
}

function readNames(environment: Environment, name: string): readonly string[] {
  const names = (environment[name] ?? "").split(",");
  return names.map((item) => item.trim()).filter(Boolean);
}

function readDatabase(environment: Environment): DatabaseConfig {
  const read = (name: string) => {
    const text = environment[name] || undefined;
    if (text !== undefined && !/^postgres(ql)?:\/\//.test(text)) {
      throw new ConfigurationError(
        `${name} is no PostgreSQL URL: give postgres://USER:PASSWORD@HOST:PORT/DATABASE.`,
      );
    }
    return text;
  };
  const urls = {
    url: read("DATABASE_URL"),
    ownerUrl: read("DATABASE_OWNER_URL"),
    workerUrl: read("DATABASE_WORKER_URL"),
  };
  const extra = [urls.ownerUrl, urls.workerUrl].filter(Boolean).length;
  if (extra === 1 || (extra === 2 && !urls.url)) {
    throw new ConfigurationError(
      "Set DATABASE_URL, DATABASE_OWNER_URL and DATABASE_WORKER_URL together, or DATABASE_URL alone.",
    );
  }
  return {
    ...urls,
    poolSize: Math.max(
      2,
      readWholeNumber(environment, "VWORKSPACE_DATABASE_POOL", 10),
    ),
  };
}

function readJobTimes(environment: Environment): JobTimes {
  return {
    leaseSeconds: readWholeNumber(
      environment,
      "VWORKSPACE_JOB_LEASE_SECONDS",
      LIMITS.leaseSeconds,
    ),
    ttlSeconds: readWholeNumber(
      environment,
      "VWORKSPACE_JOB_TTL_SECONDS",
      LIMITS.jobSeconds,
    ),
    reissueSeconds: readWholeNumber(
      environment,
      "VWORKSPACE_REISSUE_SECONDS",
      60,
    ),
    sweepSeconds: Math.max(
      1,
      readWholeNumber(environment, "VWORKSPACE_SWEEP_SECONDS", 15),
    ),
  };
}

function readBootstrapAdmin(
  environment: Environment,
): GatewayConfig["bootstrapAdmin"] {
  const text = environment["VWORKSPACE_BOOTSTRAP_ADMIN"];
  if (!text) return undefined;
  const [login = "", key = ""] = text.split(/:(.*)/s);
  if (login === "" || key.length < 32) {
    throw new ConfigurationError(
      "VWORKSPACE_BOOTSTRAP_ADMIN must be LOGIN:KEY with a key of 32 characters or more.",
    );
  }
  return { login, key };
}

/** Where the copy of revocations is: where it was asked for, else beside the master key. */
export function trustFile(config: GatewayConfig): string {
  const masterKey = config.masterKeyFile ?? embeddedMasterKeyFile(config);
  return config.trustFile ?? join(dirname(masterKey), "trust.sealed");
}

/** The master key file of an embedded start; made on first use. */
export function embeddedMasterKeyFile(config: GatewayConfig): string {
  return join(config.dataDir, "keys", "master.key");
}
