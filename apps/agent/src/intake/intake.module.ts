import { Module } from "@nestjs/common";
import { Clock } from "@vworkspace/kernel";
import { KubeApi } from "@vworkspace/kube";
import { AgentConfig } from "../config";
import { ControlPlane } from "../control-plane/control-plane";
import { ControlPlaneModule } from "../control-plane/control-plane.module";
import { CredentialKeeper } from "../control-plane/credential-keeper";
import { Link } from "../control-plane/link";
import { Metrics } from "../health/metrics";
import { Log } from "../log";
import { Reporter } from "../reporting/reporter";
import { ReportingModule } from "../reporting/reporting.module";
import { Watches } from "../watches/watches";
import { WatchesModule } from "../watches/watches.module";
import { Follower } from "./follower";
import { Intake } from "./intake";
import { JobApplier } from "./job-applier";
import { Namespaces } from "./namespaces";
import { PollLoop } from "./poll-loop";
import { refusalReporter } from "./refusal-reporter";

@Module({
  imports: [ControlPlaneModule, ReportingModule, WatchesModule],
  providers: [
    {
      provide: Namespaces,
      inject: [KubeApi, AgentConfig],
      useFactory: (api: KubeApi, config: AgentConfig) =>
        new Namespaces(api, {
          agentNamespace: config.agentNamespace,
          patterns: config.namespacePatterns,
        }),
    },
    {
      provide: Follower,
      inject: [KubeApi, Watches, ControlPlane, Clock, Log, AgentConfig],
      useFactory: follower,
    },
    {
      provide: JobApplier,
      inject: [
        KubeApi,
        Follower,
        Namespaces,
        ControlPlane,
        Clock,
        AgentConfig,
        CredentialKeeper,
      ],
      useFactory: applier,
    },
    {
      provide: Intake,
      inject: [ControlPlane, JobApplier, Clock, Log, Metrics],
      useFactory: intake,
    },
    {
      provide: PollLoop,
      inject: [
        ControlPlane,
        Intake,
        Clock,
        Log,
        AgentConfig,
        Metrics,
        Reporter,
        Link,
      ],
      useFactory: pollLoop,
    },
  ],
  exports: [Intake, PollLoop],
})
export class IntakeModule {}

function follower(
  ...[api, watches, controlPlane, clock, log, config]: [
    KubeApi,
    Watches,
    ControlPlane,
    Clock,
    Log,
    AgentConfig,
  ]
): Follower {
  const { jobLeaseMs: leaseMs } = config;
  return new Follower({ api, watches, controlPlane, clock, log, leaseMs });
}

function applier(
  ...[api, following, namespaces, controlPlane, clock, config, keeper]: [
    KubeApi,
    Follower,
    Namespaces,
    ControlPlane,
    Clock,
    AgentConfig,
    CredentialKeeper,
  ]
): JobApplier {
  return new JobApplier({
    api,
    follower: following,
    namespaces,
    controlPlane,
    clock,
    allowedKinds: config.allowedKinds,
    clusterId: () => keeper.credentials?.clusterId ?? "",
  });
}

function intake(
  ...[controlPlane, jobApplier, clock, log, metrics]: [
    ControlPlane,
    JobApplier,
    Clock,
    Log,
    Metrics,
  ]
): Intake {
  return new Intake({
    controlPlane,
    applier: jobApplier,
    clock,
    log,
    onSettled: (outcome) => metrics.jobSettled(outcome),
  });
}

function pollLoop(
  ...[controlPlane, jobs, clock, log, config, metrics, reporter, link]: [
    ControlPlane,
    Intake,
    Clock,
    Log,
    AgentConfig,
    Metrics,
    Reporter,
    Link,
  ]
): PollLoop {
  return new PollLoop({
    controlPlane,
    intake: jobs,
    link,
    clock,
    log,
    maxWaitSeconds: config.pollWaitSeconds,
    onPoll: (result) => metrics.polled(result),
    onUnreadable: refusalReporter(reporter),
  });
}
