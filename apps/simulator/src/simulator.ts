import { randomBytes } from "node:crypto";
import { MASTERS } from "./authorization/user";
import { ApiFaults } from "./faults/api-faults";
import { type RequestCount, RequestLog } from "./faults/request-log";
import { Traffic } from "./faults/traffic";
import { ApiServer, type Identity } from "./http/server";
import {
  type SimulatorScriptInput,
  simulatorScriptSchema,
} from "./script/simulator-script";
import { type ClusterOptions, openSimulatedCluster } from "./simulated-cluster";

export interface SimulatorOptions extends ClusterOptions {
  /** A loopback address; 127.0.0.1 when left out. */
  readonly host?: string;
  /** 0, or left out: any free port. */
  readonly port?: number;
  /** Of the one user, who may do everything; a random one when left out. */
  readonly token?: string;
  /** Others who may come in, and do what the cluster's roles allow them; nobody when left out. */
  readonly identities?: readonly Identity[];
  /** What the cluster is to go through; left out: all goes well. */
  readonly script?: SimulatorScriptInput;
}

export interface Simulator {
  /** For example `http://127.0.0.1:40123`. */
  readonly url: string;
  readonly token: string;
  /** Faults of the API server, to be set at any time. */
  readonly faults: Pick<ApiFaults, "set" | "hits">;
  /** How many requests have come, watches and refused ones included. */
  requestCount(): number;
  /** The requests of those who may come in, since the start or the last clearRequests(), the most frequent first. */
  requests(): readonly RequestCount[];
  clearRequests(): void;
  /** From now on these courses, each from its beginning. @throws Error naming the field that is wrong */
  setCourses(courses: NonNullable<SimulatorScriptInput["courses"]>): void;
  /** Sets the cluster's clock ahead of the process's, or with a negative number behind it. */
  shiftClock(aheadMs: number): void;
  /** Ends every watch, writes the state file, frees the port. */
  stop(): Promise<void>;
}

/**
 * Starts a cluster in memory.
 *
 * @throws Error when the address cannot be had, the state file cannot be read or a field of the script is wrong
 */
export async function startSimulator(
  options: SimulatorOptions = {},
): Promise<Simulator> {
  const script = simulatorScriptSchema.parse(options.script ?? {});
  const cluster = openSimulatedCluster(options, script);
  const faults = new ApiFaults(script.faults, script.seed);
  const log = new RequestLog();
  const token = options.token ?? randomBytes(24).toString("base64url");
  const admin = { token, user: { name: "admin", groups: [MASTERS] } };
  const server = new ApiServer(
    cluster.router,
    [admin, ...(options.identities ?? [])],
    new Traffic(faults, log, cluster.clock),
  );
  const { host = "127.0.0.1", port = 0 } = options;
  const url = await server.listen(host, port);
  return {
    url,
    token,
    faults,
    requestCount: () => server.requestCount,
    requests: () => log.table(),
    clearRequests: () => log.clear(),
    setCourses: (courses) =>
      cluster.courses.set(simulatorScriptSchema.parse({ courses }).courses),
    shiftClock: (aheadMs) => cluster.clock.shift(aheadMs),
    stop: async () => {
      cluster.stop();
      await server.close();
      cluster.close();
    },
  };
}
