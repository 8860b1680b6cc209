import {
  KubeConnection,
  KubeError,
  type KubeRequest,
  type KubeResponse,
} from "@vworkspace/kube";
import { KubePodLogs } from "./kube-pod-logs";

/** Answers every request in one way. */
class OneAnswer extends KubeConnection {
  readonly requests: KubeRequest[] = [];

  constructor(private readonly answer: KubeResponse | Error) {
    super();
  }

  override send(request: KubeRequest): Promise<KubeResponse> {
    this.requests.push(request);
    return this.answer instanceof Error
      ? Promise.reject(this.answer)
      : Promise.resolve(this.answer);
  }

  override open(): Promise<KubeResponse> {
    return Promise.reject(new Error("A log is read whole."));
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }
}

const POD = { apiVersion: "v1", kind: "Pod", namespace: "shop", name: "a" };
const tail = (answer: KubeResponse | Error) =>
  new KubePodLogs(new OneAnswer(answer)).tail(POD, "main", 20);

describe("The log of a pod", () => {
  it("is asked for by its last lines, and not more than is read", async () => {
    const connection = new OneAnswer({ status: 200, text: "one\ntwo\n" });
    const text = await new KubePodLogs(connection).tail(POD, "main", 20);
    expect(text).toBe("one\ntwo\n");
    expect(connection.requests).toEqual([
      {
        method: "GET",
        path: "/api/v1/namespaces/shop/pods/a/log",
        query: { container: "main", tailLines: "20", limitBytes: "65536" },
        accept: "*/*",
      },
    ]);
  });

  it("ends with its last whole line where the limit cut through one", async () => {
    const text = `${"x".repeat(60_000)}\n${"half of a secret".repeat(400)}`;
    const cut = text.slice(0, 65_536);
    expect(await tail({ status: 200, text: cut })).toBe("x".repeat(60_000));
    const oneLine = "y".repeat(65_536);
    expect(await tail({ status: 200, text: oneLine })).toBe("");
  });

  it.each([400, 403, 404, 500, 501, 504])(
    "is none where the answer is %d",
    async (status) => {
      expect(await tail({ status, text: "{}" })).toBe(undefined);
    },
  );

  it("is none where its node does not answer", async () => {
    const details = { status: 0, reason: "ClientTimeout" };
    expect(await tail(new KubeError("late", details))).toBe(undefined);
    await expect(tail(new TypeError("a bug"))).rejects.toThrow("a bug");
  });
});
