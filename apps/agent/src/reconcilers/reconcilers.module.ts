import { Module } from "@nestjs/common";
import { Clock, VERSION } from "@vworkspace/kernel";
import { KubeApi } from "@vworkspace/kube";
import {
  APPLICATION_INSTANCE,
  CLUSTER,
  OPERATION,
} from "@vworkspace/resources";
import { ClusterEvents } from "../cluster-events/cluster-events";
import { ClusterEventsModule } from "../cluster-events/cluster-events.module";
import { AgentConfig } from "../config";
import { ControlPlaneModule } from "../control-plane/control-plane.module";
import { CredentialKeeper } from "../control-plane/credential-keeper";
import { ControlPlaneTime } from "../control-plane/control-plane-time";
import { Link } from "../control-plane/link";
import { Registrar } from "../control-plane/registrar";
import { ownSecurity } from "../control-plane/own-security";
import { SignedKeys } from "../control-plane/signed-keys";
import { Wire } from "../control-plane/wire";
import { Metrics } from "../health/metrics";
import { Log } from "../log";
import { Pulse } from "../reporting/pulse";
import { Reporter } from "../reporting/reporter";
import { ReportingModule } from "../reporting/reporting.module";
import { Watches } from "../watches/watches";
import { WatchesModule } from "../watches/watches.module";
import { DerivedWriter } from "./application-instance/actions/derived-writer";
import { InstanceActions } from "./application-instance/actions/instance-actions";
import { ApplicationInstanceReconciler } from "./application-instance/application-instance.reconciler";
import { InstanceObserver } from "./application-instance/instance.observe";
import { NetworkProber } from "./application-instance/probes/network-prober";
import { mayKnock } from "./application-instance/probes/leads-outside";
import { ProbeRounds } from "./application-instance/probes/probe-rounds";
import { ClusterCredential } from "./cluster/cluster-credential";
import { EngineActions } from "../engines/engine-actions";
import { Engines } from "../engines/engines";
import { EnginesModule } from "../engines/engines.module";
import { ConditionTeller } from "./condition-teller";
import { Approvals } from "./operation/approvals";
import { ClaimApprovals } from "./operation/claim-approvals";
import { OperationActions } from "./operation/operation-actions";
import { OperationObserver } from "./operation/operation.observe";
import { OperationReconciler } from "./operation/operation.reconciler";
import { ClusterReconciler } from "./cluster/cluster.reconciler";
import { ControllerObserver } from "./cluster/controllers.observe";
import { Reconcilers } from "./reconcilers";

@Module({
  imports: [
    ClusterEventsModule,
    ControlPlaneModule,
    EnginesModule,
    ReportingModule,
    WatchesModule,
  ],
  providers: [
    {
      provide: ProbeRounds,
      inject: [KubeApi, Watches, Clock],
      useFactory: (api: KubeApi, watches: Watches, clock: Clock) =>
        new ProbeRounds({
          clock,
          prober: new NetworkProber(),
          mayKnock: (...at) => mayKnock({ api, watches }, ...at),
        }),
    },
    {
      provide: ConditionTeller,
      inject: [Reporter, ClusterEvents],
      useFactory: (reporter: Reporter, clusterEvents: ClusterEvents) =>
        new ConditionTeller({ reporter, clusterEvents }),
    },
    {
      provide: ApplicationInstanceReconciler,
      inject: [KubeApi, Watches, ProbeRounds, ConditionTeller, Clock],
      useFactory: instanceReconciler,
    },
    {
      provide: Approvals,
      inject: [
        Wire,
        CredentialKeeper,
        Clock,
        AgentConfig,
        ControlPlaneTime,
        Watches,
      ],
      useFactory: claimApprovals,
    },
    {
      provide: OperationReconciler,
      inject: [KubeApi, Watches, Engines, Approvals, ConditionTeller, Clock],
      useFactory: operationReconciler,
    },
    {
      provide: ClusterCredential,
      inject: [KubeApi, Registrar, CredentialKeeper, Clock, Log, AgentConfig],
      useFactory: clusterCredential,
    },
    {
      provide: ClusterReconciler,
      inject: [
        KubeApi,
        Watches,
        Link,
        Reporter,
        ConditionTeller,
        ClusterCredential,
        Clock,
        Log,
        AgentConfig,
        ControlPlaneTime,
      ],
      useFactory: clusterReconciler,
    },
    {
      provide: Pulse,
      inject: [Reporter, Link, Clock, AgentConfig, ClusterReconciler, Watches],
      useFactory: pulse,
    },
    {
      provide: Reconcilers,
      inject: [
        ApplicationInstanceReconciler,
        ClusterReconciler,
        OperationReconciler,
        ProbeRounds,
        Watches,
        Link,
        Clock,
        Log,
        Metrics,
      ],
      useFactory: reconcilers,
    },
  ],
  exports: [ClusterReconciler, Pulse, Reconcilers],
})
export class ReconcilersModule {}

function instanceReconciler(
  ...[api, watches, probes, teller, clock]: [
    KubeApi,
    Watches,
    ProbeRounds,
    ConditionTeller,
    Clock,
  ]
): ApplicationInstanceReconciler {
  const writer = new DerivedWriter(api);
  return new ApplicationInstanceReconciler({
    api,
    writer,
    observer: new InstanceObserver({ api, watches, writer, probes, clock }),
    actions: new InstanceActions(api, writer),
    teller,
    clock,
  });
}

function operationReconciler(
  ...[api, watches, engines, approvals, teller, clock]: [
    KubeApi,
    Watches,
    Engines,
    Approvals,
    ConditionTeller,
    Clock,
  ]
): OperationReconciler {
  return new OperationReconciler({
    api,
    observer: new OperationObserver({
      api,
      watches,
      engines,
      approvals,
      clock,
    }),
    actions: new OperationActions(api, new EngineActions(api)),
    teller,
    clock,
  });
}

function claimApprovals(
  ...[wire, keeper, clock, config, time, watches]: [
    Wire,
    CredentialKeeper,
    Clock,
    AgentConfig,
    ControlPlaneTime,
    Watches,
  ]
): ClaimApprovals {
  const { requestTimeoutMs } = config;
  const parts = { wire, keeper, clock, requestTimeoutMs };
  return new ClaimApprovals({
    keys: new SignedKeys("approval", parts),
    keeper,
    clock,
    now: () => time.now(),
    security: () => ownSecurity(watches),
  });
}

function clusterCredential(
  ...[api, registrar, keeper, clock, log, config]: [
    KubeApi,
    Registrar,
    CredentialKeeper,
    Clock,
    Log,
    AgentConfig,
  ]
): ClusterCredential {
  const { agentNamespace } = config;
  return new ClusterCredential({
    api,
    registrar,
    keeper,
    clock,
    log,
    agentNamespace,
  });
}

function clusterReconciler(
  ...[api, watches, link, reporter, teller, own, clock, log, config, time]: [
    KubeApi,
    Watches,
    Link,
    Reporter,
    ConditionTeller,
    ClusterCredential,
    Clock,
    Log,
    AgentConfig,
    ControlPlaneTime,
  ]
): ClusterReconciler {
  return new ClusterReconciler({
    api,
    watches,
    link,
    reporter,
    teller,
    credential: own,
    controllers: new ControllerObserver(api, watches, config.agentNamespace),
    clock,
    time,
    log,
    endpoint: config.controlPlaneEndpoint,
    disconnectAfterMs: config.disconnectAfterMs,
    agentNamespace: config.agentNamespace,
    agentVersion: VERSION,
  });
}

function pulse(
  ...[reporter, link, clock, config, cluster, watches]: [
    Reporter,
    Link,
    Clock,
    AgentConfig,
    ClusterReconciler,
    Watches,
  ]
): Pulse {
  return new Pulse({
    reporter,
    link,
    clock,
    agentVersion: VERSION,
    disconnectAfterMs: config.disconnectAfterMs,
    clusterRef: () => ({ ...CLUSTER, name: cluster.name }),
    controllers: () => cluster.controllers,
    observed: () => observed(watches),
  });
}

/** Everything that a snapshot lists, or undefined while it isn't known completely. */
function observed(watches: Watches) {
  const kinds = [APPLICATION_INSTANCE, OPERATION];
  if (!kinds.every((kind) => watches.isCurrent(kind))) return undefined;
  return kinds.flatMap((kind) => [...watches.objects(kind).values()]);
}

function reconcilers(
  ...[
    instances,
    cluster,
    operations,
    probes,
    watches,
    link,
    clock,
    log,
    metrics,
  ]: [
    ApplicationInstanceReconciler,
    ClusterReconciler,
    OperationReconciler,
    ProbeRounds,
    Watches,
    Link,
    Clock,
    Log,
    Metrics,
  ]
): Reconcilers {
  return new Reconcilers({
    instances,
    cluster,
    operations,
    probes,
    watches,
    link,
    clock,
    log,
    onRun: (kind, hasFailed) => metrics.reconciled(kind, hasFailed),
  });
}
