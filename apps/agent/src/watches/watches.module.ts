import { Module } from "@nestjs/common";
import { ReflectorWatches } from "./reflector-watches";
import { TermWatches } from "./term-watches";
import { Watches } from "./watches";

@Module({
  providers: [
    {
      provide: TermWatches,
      inject: [ReflectorWatches],
      useFactory: (shared: ReflectorWatches) => new TermWatches(shared),
    },
    { provide: Watches, useExisting: TermWatches },
  ],
  exports: [Watches, TermWatches],
})
export class WatchesModule {}
