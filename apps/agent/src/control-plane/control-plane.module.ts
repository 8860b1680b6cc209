import { Module } from "@nestjs/common";
import { Clock, VERSION } from "@vworkspace/kernel";
import { KubeApi } from "@vworkspace/kube";
import { AgentConfig } from "../config";
import { Log } from "../log";
import { ControlPlane } from "./control-plane";
import { CredentialKeeper } from "./credential-keeper";
import { CredentialStore } from "./credential-store";
import { HttpControlPlane } from "./http-control-plane";
import { HttpWire } from "./http-wire";
import { Link } from "./link";
import { Registrar } from "./registrar";
import { SecretCredentialStore } from "./secret-credential-store";
import { Wire } from "./wire";

@Module({
  providers: [
    {
      provide: Link,
      inject: [Clock],
      useFactory: (clock: Clock) => new Link(clock),
    },
    {
      provide: Wire,
      inject: [AgentConfig],
      useFactory: (config: AgentConfig) =>
        new HttpWire(
          config.controlPlaneEndpoint,
          `vworkspace-agent/${VERSION}`,
        ),
    },
    {
      provide: CredentialStore,
      inject: [KubeApi, AgentConfig],
      useFactory: (api: KubeApi, config: AgentConfig) =>
        new SecretCredentialStore(api, config.agentNamespace),
    },
    {
      provide: CredentialKeeper,
      inject: [Wire, CredentialStore, Link, Clock, Log, AgentConfig],
      useFactory: keeper,
    },
    {
      provide: Registrar,
      inject: [Wire, CredentialKeeper, Link, Clock, Log, AgentConfig, KubeApi],
      useFactory: registrar,
    },
    {
      provide: ControlPlane,
      inject: [Wire, CredentialKeeper, AgentConfig],
      useFactory: (
        wire: Wire,
        credentials: CredentialKeeper,
        config: AgentConfig,
      ) => new HttpControlPlane(wire, credentials, config.requestTimeoutMs),
    },
  ],
  exports: [ControlPlane, CredentialKeeper, Link, Registrar, Wire],
})
export class ControlPlaneModule {}

function keeper(
  ...[wire, store, link, clock, log, config]: [
    Wire,
    CredentialStore,
    Link,
    Clock,
    Log,
    AgentConfig,
  ]
): CredentialKeeper {
  const { requestTimeoutMs } = config;
  return new CredentialKeeper({
    wire,
    store,
    link,
    clock,
    log,
    requestTimeoutMs,
  });
}

function registrar(
  ...[wire, credentials, link, clock, log, config, api]: [
    Wire,
    CredentialKeeper,
    Link,
    Clock,
    Log,
    AgentConfig,
    KubeApi,
  ]
): Registrar {
  return new Registrar({
    wire,
    keeper: credentials,
    link,
    clock,
    log,
    requestTimeoutMs: config.requestTimeoutMs,
    controlPlaneEndpoint: config.controlPlaneEndpoint,
    clusterId: config.clusterId,
    agentToken: config.agentToken,
    registrationToken: config.registrationToken,
    unreadableTokenFile: config.unreadableTokenFile,
    describe: () => describeCluster(api, config),
  });
}

/** The UID of kube-system is what a person recognises a cluster by. */
async function describeCluster(api: KubeApi, config: AgentConfig) {
  const kubeSystem = await api.get({
    apiVersion: "v1",
    kind: "Namespace",
    name: "kube-system",
  });
  const clusterUid = kubeSystem?.metadata.uid;
  return {
    agentVersion: VERSION,
    ...(config.isSimulated && { simulated: true }),
    ...(clusterUid !== undefined && { clusterUid }),
  };
}
