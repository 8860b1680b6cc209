import { createInterface } from "node:readline/promises";
import { setTimeout } from "node:timers/promises";
import {
  type KubeApi,
  type KubeObject,
  loadKubeConnection,
  type ObjectRef,
  openKubeApi,
} from "@vworkspace/kube";
import {
  APPLICATION_INSTANCE,
  CREDENTIAL_SECRET,
  CLUSTER,
  customResourceDefinitions,
  OPERATION,
} from "@vworkspace/resources";
import { DemoFailure } from "./program";
import type { Screen } from "./screen";

const NAMESPACE = "vworkspace-system";
const MANAGER = { fieldManager: "vworkspace-install" };
const FLUX = { apiVersion: "helm.toolkit.fluxcd.io/v2", kind: "HelmRelease" };
const GONE_MS = 60_000;
const LOOK_MS = 200;
const DEFINITION = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
};

export interface ClusterTarget {
  readonly kubeconfig: string;
  readonly context?: string;
  /** Don't ask. */
  readonly yes: boolean;
}

/** Puts into a cluster what the agent needs there, and takes it away again. */
export class ClusterSetup {
  private readonly api: KubeApi;
  private readonly place: string;

  constructor(
    private readonly target: ClusterTarget,
    private readonly screen: Screen,
  ) {
    const { kubeconfig, context } = target;
    this.place =
      context === undefined
        ? `the current context of ${kubeconfig}`
        : `context ${context} of ${kubeconfig}`;
    this.api = openKubeApi(
      loadKubeConnection({
        kubeconfig,
        ...(context === undefined ? {} : { context }),
      }),
    );
  }

  /** Says what will be applied, asks, and applies it. */
  async ask(): Promise<void> {
    this.screen.text(`\nOn ${this.place} this applies:`);
    for (const { manifest } of customResourceDefinitions())
      this.screen.text(`  - CustomResourceDefinition ${nameOf(manifest)}`);
    this.screen.text(
      `  - Namespace ${NAMESPACE}, with the agent's credential in a Secret\n  - what you deploy to it through the gateway`,
    );
    await this.confirm("Apply?");
  }

  async apply(): Promise<void> {
    for (const { manifest } of customResourceDefinitions())
      await this.api.apply(manifest as KubeObject, MANAGER);
    await this.api.apply(
      { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } },
      MANAGER,
    );
    this.screen.step(
      "Custom resources",
      `applied, and the namespace ${NAMESPACE}`,
    );
    if (!(await this.api.serves(FLUX)))
      this.screen.text(
        "  Flux is not installed there: applications stay Blocked (MissingDependencies) until it is.",
      );
  }

  /** Whether an agent has registered there, and kept what it got. */
  async hasCredential(): Promise<boolean> {
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      namespace: NAMESPACE,
      name: CREDENTIAL_SECRET,
    };
    return (await this.api.get(secret)) !== undefined;
  }

  /** Our finalizers first, so that nothing is uninstalled; then our resources, definitions and namespace. */
  async remove(): Promise<void> {
    this.screen.text(`\nFrom ${this.place} this removes:`);
    this.screen.text(
      `  - all ApplicationInstances, Operations and the Cluster object, with their CustomResourceDefinitions\n  - the namespace ${NAMESPACE}\nHelm releases and what runs stay as they are.`,
    );
    await this.confirm("Remove?");
    for (const kind of [APPLICATION_INSTANCE, OPERATION, CLUSTER]) {
      if (!(await this.api.serves(kind))) continue;
      for (const object of await this.api.list(kind))
        await this.release(object);
    }
    const refs = [
      ...customResourceDefinitions().map(({ manifest }) => ({
        ...DEFINITION,
        name: nameOf(manifest),
      })),
      { apiVersion: "v1", kind: "Namespace", name: NAMESPACE },
    ];
    for (const ref of refs) await this.api.delete(ref);
    for (const ref of refs) await this.untilGone(ref);
    this.screen.step("Removed", "applications were not touched");
  }

  /** What is still being deleted would swallow what the next start applies under its name. */
  private async untilGone(ref: ObjectRef): Promise<void> {
    const until = Date.now() + GONE_MS;
    while ((await this.api.get(ref)) !== undefined) {
      if (Date.now() > until)
        throw new DemoFailure(
          `${ref.kind} ${ref.name} is marked for deletion and still there: see what holds it, and wait for its end before the next start.`,
        );
      await setTimeout(LOOK_MS);
    }
  }

  private async release(object: KubeObject): Promise<void> {
    const { name, namespace } = object.metadata;
    const ref = {
      apiVersion: object.apiVersion,
      kind: object.kind,
      name,
      ...(namespace === undefined ? {} : { namespace }),
    };
    // Orphan first: an agent that runs somewhere and puts its finalizer back then uninstalls nothing either.
    const orphan =
      object.kind === APPLICATION_INSTANCE.kind
        ? { spec: { deletionPolicy: "Orphan" } }
        : {};
    await this.api.patch(
      ref,
      { metadata: { finalizers: null }, ...orphan },
      MANAGER,
    );
  }

  private async confirm(question: string): Promise<void> {
    if (this.target.yes) return;
    if (!process.stdin.isTTY)
      throw new DemoFailure(
        "Nobody can answer here: say --yes to go on without asking.",
      );
    const terminal = createInterface({
      input: process.stdin,
      output: process.stdout,
    });
    const answer = await terminal.question(`${question} [y/N] `);
    terminal.close();
    if (!/^y(es)?$/i.test(answer.trim()))
      throw new DemoFailure("Nothing was changed.");
  }
}

function nameOf(manifest: object): string {
  return (manifest as KubeObject).metadata.name;
}
