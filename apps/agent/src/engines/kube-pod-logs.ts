import {
  type KubeConnection,
  KubeError,
  type ObjectRef,
} from "@vworkspace/kube";
import { PodLogs } from "./engine";

/** Twenty lines are rarely longer; the API server stops there. */
const MOST_BYTES = 64 * 1024;

/** Logs as the API server fetches them from the node. */
export class KubePodLogs extends PodLogs {
  constructor(private readonly connection: KubeConnection) {
    super();
  }

  override async tail(
    { namespace = "", name }: ObjectRef,
    container: string,
    lines: number,
  ): Promise<string | undefined> {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}/log`;
    const query = {
      container,
      tailLines: String(lines),
      limitBytes: String(MOST_BYTES),
    };
    try {
      const { status, text } = await this.connection.send({
        method: "GET",
        path,
        query,
        accept: "*/*",
      });
      return status === 200 ? wholeLines(text) : undefined;
    } catch (error) {
      // A node that doesn't answer must not keep an operation from its end.
      if (error instanceof KubeError) return undefined;
      throw error;
    }
  }
}

/** What the limit cut through is left out: half a secret would not be recognized. */
function wholeLines(text: string): string {
  if (Buffer.byteLength(text) < MOST_BYTES) return text;
  return text.slice(0, Math.max(0, text.lastIndexOf("\n")));
}
