import { type Fence, FencedConnection } from "./fenced-connection";
import type { KubeRequest } from "./kube-connection";
import { LOCAL_REASONS } from "./kube-error";
import { FakeKubeConnection, ok } from "./testing/fake-kube-connection";

const PATH = "/api/v1/namespaces/shop/configmaps/a";

class Gate implements Fence {
  isOpen = true;
  private readonly closing = new AbortController();

  get closes(): AbortSignal {
    return this.closing.signal;
  }

  close(): void {
    this.isOpen = false;
    this.closing.abort();
  }
}

describe("FencedConnection", () => {
  const setUp = () => {
    const inner = new FakeKubeConnection()
      .serve(`GET ${PATH}`, ok({ read: true }))
      .serve(`PATCH ${PATH}`, ok({ written: true }));
    const gate = new Gate();
    return { inner, gate, connection: new FencedConnection(inner, gate) };
  };

  it("lets everything through while it is open", async () => {
    const { connection } = setUp();
    for (const method of ["GET", "PATCH"] as const)
      expect(await connection.send({ method, path: PATH })).toMatchObject({
        status: 200,
      });
  });

  it.each(["POST", "PATCH", "DELETE"] as const)(
    "sends no %s when it is closed, and still reads",
    async (method) => {
      const { inner, gate, connection } = setUp();
      gate.close();
      await expect(
        connection.send({ method, path: PATH }),
      ).rejects.toMatchObject({
        reason: LOCAL_REASONS.notLeading,
        isRetryable: false,
      });
      expect(inner.count(`${method} ${PATH}`)).toBe(0);
      expect(
        await connection.send({ method: "GET", path: PATH }),
      ).toMatchObject({ status: 200 });
    },
  );

  it("gives up a write that is under way when it closes, and not a read", async () => {
    const { inner, gate, connection } = setUp();
    const signals: (AbortSignal | undefined)[] = [];
    inner.send = (_: KubeRequest, signal?: AbortSignal) => {
      signals.push(signal);
      return Promise.resolve({ status: 200, text: "{}" });
    };
    await connection.send({ method: "PATCH", path: PATH });
    await connection.send({ method: "GET", path: PATH });
    gate.close();
    expect(signals.map((signal) => signal?.aborted ?? false)).toEqual([
      true,
      false,
    ]);
  });
});
