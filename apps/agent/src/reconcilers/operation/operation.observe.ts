import type { Clock } from "@vworkspace/kernel";
import type { KubeApi, KubeObject } from "@vworkspace/kube";
import {
  type ApplicationInstance,
  APPLICATION_INSTANCE,
  type FieldProblem,
  OPERATION,
  type Operation,
  readParameters,
  validateOperation,
} from "@vworkspace/resources";
import type { Engine, EngineRun } from "../../engines/engine";
import type { Engines } from "../../engines/engines";
import { NAMESPACE, SECRET } from "../../watches/watched-kinds";
import type { Watches } from "../../watches/watches";
import { windowState } from "../application-instance/maintenance-window.decide";
import { missingOptIn } from "../application-instance/rights.observe";
import type { Approvals } from "./approvals";
import { lastBackup } from "./last-backup.decide";
import { ageKey, isLive } from "./live-operations.decide";
import type { OperationObservation } from "./observation";
import { hasEnded, hasStarted, isRestoredCopy } from "./started.decide";

export interface OperationObserverOptions {
  readonly api: KubeApi;
  readonly watches: Watches;
  readonly engines: Engines;
  readonly approvals: Approvals;
  readonly clock: Clock;
}

/** Reads what decisions about the operations on one target rest on. */
export class OperationObserver {
  constructor(private readonly options: OperationObserverOptions) {}

  /**
   * The operations on a target that may still want something of it, oldest first. Which there are a watch tells, and each is
   * read from the API server: two that were created at once must see each other.
   */
  async operationsOn(
    namespace: string,
    target: string,
  ): Promise<readonly Operation[]> {
    const { api, watches } = this.options;
    const seen = [...watches.objects(OPERATION).values()]
      .map((object) => object as unknown as Operation)
      .filter(
        ({ metadata, spec }) =>
          metadata.namespace === namespace && spec.targetRef.name === target,
      )
      .filter((operation) => !isSettled(operation));
    const read = await Promise.all(
      seen.map(({ metadata: { name } }) =>
        api.get<KubeObject>({ ...OPERATION, namespace, name }),
      ),
    );
    return read
      .flatMap((object) => (object ? [object as unknown as Operation] : []))
      .sort((one, other) => (ageKey(one) < ageKey(other) ? -1 : 1));
  }

  /** @param all the operations on its target, itself among them */
  async observe(
    operation: Operation,
    all: readonly Operation[],
  ): Promise<OperationObservation> {
    const { clock } = this.options;
    const others = all.filter(
      (other) => other.metadata.uid !== operation.metadata.uid && isLive(other),
    );
    const nothing: OperationObservation = {
      operation,
      now: clock.now(),
      others,
      problems: validateOperation(operation),
      missingKinds: [],
      missingSecrets: [],
      approval: { state: "not-required" },
      window: { isOpen: true },
    };
    if (isDecided(operation)) return nothing;
    const optInMissing = await this.missingOptIn(operation);
    if (optInMissing !== undefined && !hasStarted(operation))
      return { ...nothing, optInMissing };
    return { ...nothing, ...(await this.look(nothing)) };
  }

  private async look(
    seen: OperationObservation,
  ): Promise<Partial<OperationObservation>> {
    const { engines, api } = this.options;
    const { operation } = seen;
    const { namespace = "" } = operation.metadata;
    const engine = engines.of(operation.spec.engine);
    const { name } = operation.spec.targetRef;
    const ref = { ...APPLICATION_INSTANCE, namespace, name };
    const target = (await api.get<KubeObject>(ref)) as
      ApplicationInstance | undefined;
    if (!engine)
      return {
        ...(target && { target }),
        missingKinds: [`the engine ${operation.spec.engine}`],
      };
    // The application may have gone while its operation is under way: that one ends all the same.
    const run = this.runOf(seen, target ?? namedOnly(ref));
    if (hasStarted(operation))
      return { ...(target && { target }), ...(await engineView(engine, run)) };
    if (!target) return {};
    return { target, ...(await this.beforeItBegins(seen, engine, run)) };
  }

  private async beforeItBegins(
    seen: OperationObservation,
    engine: Engine,
    run: EngineRun,
  ): Promise<Partial<OperationObservation>> {
    const { operation, now } = seen;
    const { problems } = readParameters(operation.spec);
    const all: FieldProblem[] = [...seen.problems, ...problems];
    if (all.length === 0) all.push(...(engine.problems?.(run) ?? []));
    return {
      problems: all,
      missingKinds: await this.missingKinds(engine, run),
      approval: await this.options.approvals.judge(operation),
      missingSecrets:
        all.length > 0 ? [] : await this.missingSecrets(engine, run),
      ...this.requiredBackup(engine, run),
      window: windowState(windowsOf(run), now),
    };
  }

  private requiredBackup(
    engine: Engine,
    { namespace, parameters, target }: EngineRun,
  ): Pick<OperationObservation, "requiredBackup"> {
    const maxAgeSeconds = engine.backupWithin?.(parameters);
    if (maxAgeSeconds === undefined) return {};
    const all = [...this.options.watches.objects(OPERATION).values()];
    const last = lastBackup(all as unknown as readonly Operation[], {
      namespace,
      name: target.metadata.name,
    });
    return { requiredBackup: { maxAgeSeconds, ...(last && { last }) } };
  }

  private runOf(
    { operation, now }: OperationObservation,
    target: ApplicationInstance,
  ): EngineRun {
    const { namespace = "", uid = "" } = operation.metadata;
    const startedAt = Date.parse(operation.status?.startedAt ?? "");
    return {
      operation,
      uid,
      namespace,
      target,
      parameters: readParameters(operation.spec).parameters,
      outputs: operation.status?.outputs ?? {},
      now,
      startedAt: Number.isNaN(startedAt) ? now : startedAt,
    };
  }

  private async missingKinds(
    engine: Engine,
    run: EngineRun,
  ): Promise<readonly string[]> {
    const { api } = this.options;
    const missing: string[] = [];
    for (const kind of engine.kinds(run))
      if (!(await api.serves(kind)))
        missing.push(`${kind.kind} (${kind.apiVersion})`);
    return missing;
  }

  private async missingSecrets(
    engine: Engine,
    { namespace, parameters }: EngineRun,
  ): Promise<readonly string[]> {
    const { api, watches } = this.options;
    const missing: string[] = [];
    for (const name of engine.secrets(parameters)) {
      const isSeen = watches.objects(SECRET).has(`${namespace}/${name}`);
      if (!isSeen && !(await api.get({ ...SECRET, namespace, name })))
        missing.push(name);
    }
    return missing;
  }

  private missingOptIn({ metadata }: Operation): Promise<string | undefined> {
    const { api, watches } = this.options;
    const { namespace = "", name } = metadata;
    if (watches.objects(NAMESPACE).has(namespace))
      return Promise.resolve(undefined);
    return missingOptIn(api, watches, namedOnly({ namespace, name }));
  }
}

/** Nothing more is looked at: it has ended, or never runs. */
function isDecided(operation: Operation): boolean {
  return hasEnded(operation) || isRestoredCopy(operation);
}

/** Nothing is to be done about it either. */
function isSettled(operation: Operation): boolean {
  const { finalizers = [] } = operation.metadata;
  return hasEnded(operation) && finalizers.length === 0;
}

/** Its own, and its target's: sets of the same name are sets of their own. */
function windowsOf({ operation, target }: EngineRun) {
  const own = operation.spec.policy?.maintenanceWindows ?? [];
  const { maintenanceWindows = [] } = target.spec.policy ?? {};
  return [
    ...maintenanceWindows,
    ...own.map((window) => ({ ...window, set: `own/${window.set ?? ""}` })),
  ];
}

async function engineView(
  engine: Engine,
  run: EngineRun,
): Promise<Pick<OperationObservation, "engine">> {
  const seen = await engine.observe(run);
  return {
    engine: { verdict: engine.decide(run, seen), end: engine.end(run, seen) },
  };
}

function namedOnly(metadata: {
  readonly namespace: string;
  readonly name: string;
}): ApplicationInstance {
  return {
    ...APPLICATION_INSTANCE,
    metadata: { ...metadata },
    spec: { appRef: { catalogId: "" } },
  };
}
