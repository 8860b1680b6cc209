import { hostname } from "node:os";
import { Module } from "@nestjs/common";
import { Clock } from "@vworkspace/kernel";
import { KubeApi } from "@vworkspace/kube";
import { Log } from "../log";
import { ClusterEvents } from "./cluster-events";
import { KubeClusterEvents } from "./kube-cluster-events";

@Module({
  providers: [
    {
      provide: ClusterEvents,
      inject: [KubeApi, Clock, Log],
      useFactory: (api: KubeApi, clock: Clock, log: Log) =>
        new KubeClusterEvents({ api, clock, log, instance: hostname() }),
    },
  ],
  exports: [ClusterEvents],
})
export class ClusterEventsModule {}
