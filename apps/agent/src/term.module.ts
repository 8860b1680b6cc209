import { type DynamicModule, Module } from "@nestjs/common";
import { type ModuleRef, NestFactory } from "@nestjs/core";
import { ControlPlaneModule } from "./control-plane/control-plane.module";
import { FOUNDATION } from "./foundation.module";
import { IntakeModule } from "./intake/intake.module";
import { ReconcilersModule } from "./reconcilers/reconcilers.module";
import { ReportingModule } from "./reporting/reporting.module";
import { Term } from "./term";
import { WatchesModule } from "./watches/watches.module";

/** The foundation of the process, as the rooms of a term find it. */
@Module({})
class SharedFoundationModule {
  static register(process: ModuleRef): DynamicModule {
    return {
      module: SharedFoundationModule,
      global: true,
      exports: [...FOUNDATION],
      providers: FOUNDATION.map((token) => ({
        provide: token,
        useValue: process.get<unknown>(token, { strict: false }),
      })),
    };
  }
}

/** The list of rooms. */
@Module({})
class TermModule {
  static register(process: ModuleRef): DynamicModule {
    return {
      module: TermModule,
      imports: [
        SharedFoundationModule.register(process),
        WatchesModule,
        ControlPlaneModule,
        ReportingModule,
        IntakeModule,
        ReconcilersModule,
      ],
      providers: [Term],
    };
  }
}

/**
 * Rooms that nobody has used yet, on the process's foundation.
 * @throws ConfigurationError where a room can't be had as it is configured
 */
export async function openTerm(process: ModuleRef): Promise<Term> {
  const rooms = await NestFactory.createApplicationContext(
    TermModule.register(process),
    { abortOnError: false },
  );
  return rooms.get(Term);
}
