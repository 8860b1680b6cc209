import { Module } from "@nestjs/common";
import { Clock, VERSION } from "@vworkspace/kernel";
import { KubeApi } from "@vworkspace/kube";
import { AgentConfig } from "../config";
import { Log } from "../log";
import { Watches } from "../watches/watches";
import { WatchesModule } from "../watches/watches.module";
import { ControlPlane } from "./control-plane";
import { ControlPlaneTime } from "./control-plane-time";
import { CredentialKeeper } from "./credential-keeper";
import { CredentialStore } from "./credential-store";
import { DpopProver } from "./dpop-prover";
import { HttpControlPlane } from "./http-control-plane";
import { HttpWire } from "./http-wire";
import { Link } from "./link";
import { payloadDemands } from "./payload-demands";
import { PayloadGuard } from "./payload-guard";
import { Registrar } from "./registrar";
import { Connections } from "./tls/connections";
import type { HeldCertificates } from "./tls/held-certificates";
import { SignedKeys } from "./signed-keys";
import { SecretCredentialStore } from "./secret-credential-store";
import { Wire } from "./wire";

/** The keeper holds the certificates, and needs the wire itself. */
class KeptCertificates {
  private keeper: CredentialKeeper | undefined;
  readonly held: HeldCertificates = {
    caBundle: () => this.keeper?.credentials?.caBundle,
    clientCertificate: (token) => this.keeper?.certificateOf(token),
  };

  keptBy(keeper: CredentialKeeper): void {
    this.keeper = keeper;
  }
}

@Module({
  imports: [WatchesModule],
  providers: [
    {
      provide: Link,
      inject: [Clock],
      useFactory: (clock: Clock) => new Link(clock),
    },
    {
      provide: ControlPlaneTime,
      inject: [Clock],
      useFactory: (clock: Clock) => new ControlPlaneTime(clock),
    },
    {
      provide: DpopProver,
      inject: [ControlPlaneTime],
      useFactory: (time: ControlPlaneTime) => new DpopProver(time),
    },
    { provide: KeptCertificates, useFactory: () => new KeptCertificates() },
    {
      provide: Wire,
      inject: [AgentConfig, ControlPlaneTime, DpopProver, KeptCertificates],
      useFactory: httpWire,
    },
    {
      provide: CredentialStore,
      inject: [KubeApi, AgentConfig],
      useFactory: (api: KubeApi, config: AgentConfig) =>
        new SecretCredentialStore(api, config.agentNamespace),
    },
    {
      provide: CredentialKeeper,
      inject: [
        Wire,
        CredentialStore,
        Link,
        Clock,
        Log,
        AgentConfig,
        DpopProver,
        KeptCertificates,
      ],
      useFactory: keeper,
    },
    {
      provide: Registrar,
      inject: [Wire, CredentialKeeper, Link, Clock, Log, AgentConfig, KubeApi],
      useFactory: registrar,
    },
    {
      provide: PayloadGuard,
      inject: [
        Wire,
        CredentialKeeper,
        Clock,
        Log,
        AgentConfig,
        ControlPlaneTime,
        Watches,
      ],
      useFactory: payloadGuard,
    },
    {
      provide: ControlPlane,
      inject: [Wire, CredentialKeeper, PayloadGuard, AgentConfig],
      useFactory: controlPlane,
    },
  ],
  exports: [
    ControlPlane,
    ControlPlaneTime,
    CredentialKeeper,
    Link,
    Registrar,
    Wire,
  ],
})
export class ControlPlaneModule {}

function httpWire(
  config: AgentConfig,
  time: ControlPlaneTime,
  prover: DpopProver,
  certificates: KeptCertificates,
): Wire {
  return new HttpWire(
    config.controlPlaneEndpoint,
    `vworkspace-agent/${VERSION}`,
    { time, prover },
    new Connections(config.connection, certificates.held),
  );
}

function keeper(
  ...[wire, store, link, clock, log, config, prover, certificates]: [
    Wire,
    CredentialStore,
    Link,
    Clock,
    Log,
    AgentConfig,
    DpopProver,
    KeptCertificates,
  ]
): CredentialKeeper {
  const { requestTimeoutMs } = config;
  const made = new CredentialKeeper({
    wire,
    store,
    link,
    clock,
    log,
    requestTimeoutMs,
  });
  prover.keyFrom(() => made.credentials?.dpopKey);
  certificates.keptBy(made);
  return made;
}

function payloadGuard(
  ...[wire, credentials, clock, log, config, time, watches]: [
    Wire,
    CredentialKeeper,
    Clock,
    Log,
    AgentConfig,
    ControlPlaneTime,
    Watches,
  ]
): PayloadGuard {
  return new PayloadGuard({
    keeper: credentials,
    keys: new SignedKeys("payload", {
      wire,
      keeper: credentials,
      clock,
      requestTimeoutMs: config.requestTimeoutMs,
    }),
    log,
    now: () => time.now(),
    demands: () => payloadDemands(watches, config),
  });
}

function controlPlane(
  ...[wire, credentials, guard, config]: [
    Wire,
    CredentialKeeper,
    PayloadGuard,
    AgentConfig,
  ]
): ControlPlane {
  const { requestTimeoutMs } = config;
  return new HttpControlPlane(wire, credentials, guard, requestTimeoutMs);
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
