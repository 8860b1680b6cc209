import { Module } from "@nestjs/common";
import { Clock } from "@vworkspace/kernel";
import { WatchSource } from "@vworkspace/kube";
import { Log } from "../log";
import { ReflectorWatches } from "./reflector-watches";
import { Watches } from "./watches";

@Module({
  providers: [
    {
      provide: ReflectorWatches,
      inject: [WatchSource, Clock, Log],
      useFactory: (source: WatchSource, clock: Clock, log: Log) =>
        new ReflectorWatches(source, { clock, log }),
    },
    { provide: Watches, useExisting: ReflectorWatches },
  ],
  exports: [Watches, ReflectorWatches],
})
export class WatchesModule {}
