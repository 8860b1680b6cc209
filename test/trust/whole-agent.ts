import { type KubeObject, openKubeApi } from "@vworkspace/kube";
import { CLUSTER, CREDENTIAL_SECRET } from "@vworkspace/resources";
import {
  type EmbeddedAgent,
  startEmbeddedAgent,
} from "../../apps/agent/src/embedded-agent";
import { conditionOf } from "../../apps/agent/src/testing/instance-manifest";
import { KeptLog } from "../../apps/agent/src/testing/kept-log";
import { openFleetCluster } from "../../apps/simulator/src/fleet/fleet-cluster";
import { InProcessConnection } from "../../apps/simulator/src/fleet/in-process-connection";
import { eventually } from "../cluster/eventually";

const ADMIN = { fieldManager: "admin" };

/** A simulated cluster and all of an agent in it, which can be away for a while. */
export class WholeAgent {
  private readonly cluster = openFleetCluster(1, (error) => {
    throw error;
  });
  private readonly connection = new InProcessConnection(this.cluster.router);
  private readonly api = openKubeApi(this.connection);
  private agent: EmbeddedAgent | undefined;

  /** @param environment of the agent */
  constructor(private readonly environment: Readonly<Record<string, string>>) {}

  async start(): Promise<void> {
    this.agent = await startEmbeddedAgent({
      environment: { VWORKSPACE_LEADER_ELECTION: "false", ...this.environment },
      log: new KeptLog(),
      connection: new InProcessConnection(this.cluster.router),
    });
  }

  /** The cluster goes on. */
  async leave(): Promise<void> {
    await this.agent?.stop();
    this.agent = undefined;
  }

  /** Waits until its Cluster object says so of the credential. @returns the condition's message */
  async says(reason: string): Promise<string> {
    const said = await eventually(`Authenticated is ${reason}`, async () => {
      const own = await this.api.get({ ...CLUSTER, name: "this-cluster" });
      const condition = conditionOf(own, "Authenticated");
      return condition?.reason === reason && condition;
    });
    return said.message ?? "";
  }

  /** One text of the Secret that holds its credentials. */
  async secretText(key: string): Promise<string> {
    const secret = await this.api.get<KubeObject & { data?: SecretData }>(
      SECRET,
    );
    return Buffer.from(secret?.data?.[key] ?? "", "base64").toString();
  }

  async changeSecret(key: string, text: string): Promise<void> {
    const data = { [key]: Buffer.from(text).toString("base64") };
    await this.api.patch(SECRET, { data }, ADMIN);
  }

  async stop(): Promise<void> {
    await this.leave();
    await this.connection.close();
    this.cluster.stop();
    this.cluster.close();
  }
}

type SecretData = Readonly<Record<string, string>>;

const SECRET = {
  apiVersion: "v1",
  kind: "Secret",
  namespace: "vworkspace-system",
  name: CREDENTIAL_SECRET,
};
