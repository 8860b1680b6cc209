import { createInterface } from "node:readline/promises";
import { SystemClock } from "@vworkspace/kernel";
import {
  type KubeApi,
  type KubeObject,
  loadKubeConnection,
  openKubeApi,
} from "@vworkspace/kube";
import {
  CREDENTIAL_SECRET,
  customResourceDefinitions,
} from "@vworkspace/resources";
import { leave, leavePlan } from "../../apps/agent/src/leave/leave";
import { DemoFailure } from "./program";
import type { Screen } from "./screen";

const NAMESPACE = "vworkspace-system";
const MANAGER = { fieldManager: "vworkspace-install" };
const FLUX = { apiVersion: "helm.toolkit.fluxcd.io/v2", kind: "HelmRelease" };

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

  /** As `agent leave` does, after asking. */
  async remove(): Promise<void> {
    this.screen.text(`\nFrom ${this.place} this removes:`);
    for (const line of leavePlan(NAMESPACE)) this.screen.text(`  - ${line}`);
    this.screen.text("Helm releases and what runs stay as they are.");
    await this.confirm("Remove?");
    const clock = new SystemClock();
    await leave(this.api, { agentNamespace: NAMESPACE, clock });
    this.screen.step("Removed", "applications were not touched");
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
