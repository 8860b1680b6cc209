import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Program } from "../../tools/demo/program";
import type { ClusterAccess } from "../cluster/kubeconfig-file";
import type { ChaosServer } from "./chaos-server";
import { freeLowPort } from "./low-port";
import type { SimulatedClusterOptions } from "./simulated-cluster";

const FLUX_STEP_MS = 50;

const newToken = (): string => randomBytes(24).toString("base64url");

/** The simulated cluster in a process of its own; Flux's stand-ins die and come back with it. */
export class SimulatedServer implements ChaosServer {
  private constructor(
    private readonly directory: string,
    private readonly options: SimulatedClusterOptions,
    private program: Program,
  ) {}

  /** @param directory for its state and its log */
  static async start(directory: string): Promise<SimulatedServer> {
    const options: SimulatedClusterOptions = {
      port: await freeLowPort(),
      token: newToken(),
      agentToken: newToken(),
      statePath: join(directory, "cluster.json"),
      stepMs: FLUX_STEP_MS,
    };
    const program = startProgram(directory, options);
    await program.event("listening");
    return new SimulatedServer(directory, options, program);
  }

  get access(): ClusterAccess {
    const { port, token } = this.options;
    return { server: `http://127.0.0.1:${port}`, token };
  }

  get agentAccess(): ClusterAccess {
    return { ...this.access, token: this.options.agentToken };
  }

  async crash(downMs: number): Promise<void> {
    await this.program.kill();
    await sleep(downMs);
    this.program = startProgram(this.directory, this.options);
    await this.program.event("listening");
  }

  stop(): Promise<void> {
    return this.program.stop();
  }
}

function startProgram(
  directory: string,
  options: SimulatedClusterOptions,
): Program {
  return new Program({
    name: "cluster",
    main: "test/chaos/simulated-cluster.js",
    logFile: join(directory, "cluster.log"),
    environment: { VWORKSPACE_CHAOS_CLUSTER: JSON.stringify(options) },
  });
}
