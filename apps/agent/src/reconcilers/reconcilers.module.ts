import { Module } from "@nestjs/common";
import { Clock, VERSION } from "@vworkspace/kernel";
import { KubeApi } from "@vworkspace/kube";
import { AgentConfig } from "../config";
import { ControlPlaneModule } from "../control-plane/control-plane.module";
import { Link } from "../control-plane/link";
import { Metrics } from "../health/metrics";
import { Log } from "../log";
import { Reporter } from "../reporting/reporter";
import { ReportingModule } from "../reporting/reporting.module";
import { Watches } from "../watches/watches";
import { WatchesModule } from "../watches/watches.module";
import { DerivedWriter } from "./application-instance/actions/derived-writer";
import { InstanceActions } from "./application-instance/actions/instance-actions";
import { ApplicationInstanceReconciler } from "./application-instance/application-instance.reconciler";
import { InstanceObserver } from "./application-instance/instance.observe";
import { ClusterReconciler } from "./cluster/cluster.reconciler";
import { Reconcilers } from "./reconcilers";

@Module({
  imports: [ControlPlaneModule, ReportingModule, WatchesModule],
  providers: [
    {
      provide: ApplicationInstanceReconciler,
      inject: [KubeApi, Watches, Reporter, Clock],
      useFactory: instanceReconciler,
    },
    {
      provide: ClusterReconciler,
      inject: [KubeApi, Watches, Link, Reporter, Clock, AgentConfig],
      useFactory: clusterReconciler,
    },
    {
      provide: Reconcilers,
      inject: [
        ApplicationInstanceReconciler,
        ClusterReconciler,
        Watches,
        Link,
        Clock,
        Log,
        Metrics,
      ],
      useFactory: reconcilers,
    },
  ],
  exports: [ClusterReconciler, Reconcilers],
})
export class ReconcilersModule {}

function instanceReconciler(
  api: KubeApi,
  watches: Watches,
  reporter: Reporter,
  clock: Clock,
): ApplicationInstanceReconciler {
  const writer = new DerivedWriter(api);
  return new ApplicationInstanceReconciler({
    api,
    watches,
    writer,
    observer: new InstanceObserver(api, watches, writer),
    actions: new InstanceActions(api, writer),
    reporter,
    clock,
  });
}

function clusterReconciler(
  ...[api, watches, link, reporter, clock, config]: [
    KubeApi,
    Watches,
    Link,
    Reporter,
    Clock,
    AgentConfig,
  ]
): ClusterReconciler {
  return new ClusterReconciler({
    api,
    watches,
    link,
    reporter,
    clock,
    endpoint: config.controlPlaneEndpoint,
    disconnectAfterMs: config.disconnectAfterMs,
    agentNamespace: config.agentNamespace,
    agentVersion: VERSION,
  });
}

function reconcilers(
  ...[instances, cluster, watches, link, clock, log, metrics]: [
    ApplicationInstanceReconciler,
    ClusterReconciler,
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
    watches,
    link,
    clock,
    log,
    onRun: (kind, hasFailed) => metrics.reconciled(kind, hasFailed),
  });
}
