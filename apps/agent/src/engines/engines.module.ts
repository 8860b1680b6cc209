import { Module } from "@nestjs/common";
import { KubeApi, KubeConnection } from "@vworkspace/kube";
import { AgentConfig } from "../config";
import { Engines } from "./engines";
import { HelmHookJobEngine } from "./helm-hook-job/helm-hook-job.engine";
import { HelmEngine } from "./helm/helm.engine";
import { JobEngine } from "./job/job.engine";
import { KubePodLogs } from "./kube-pod-logs";
import { SnapshotEngine } from "./snapshot/snapshot.engine";
import { VeleroEngine } from "./velero/velero.engine";
import { VolsyncEngine } from "./volsync/volsync.engine";
import { WorkflowEngine } from "./workflow/workflow.engine";

@Module({
  providers: [
    {
      provide: Engines,
      inject: [KubeApi, KubeConnection, AgentConfig],
      useFactory: (
        api: KubeApi,
        connection: KubeConnection,
        { showsOperationLogs, veleroNamespace }: AgentConfig,
      ) => {
        const reads = { api, logs: new KubePodLogs(connection) };
        const options = { readLogs: showsOperationLogs };
        return new Engines([
          new VeleroEngine(reads, { veleroNamespace }),
          new VolsyncEngine(reads),
          new SnapshotEngine(reads),
          new WorkflowEngine(reads),
          new JobEngine(reads, options),
          new HelmEngine(reads),
          new HelmHookJobEngine(reads, options),
        ]);
      },
    },
  ],
  exports: [Engines],
})
export class EnginesModule {}
