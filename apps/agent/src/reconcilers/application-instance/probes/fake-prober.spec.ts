import { FakeProber, type Place } from "../../../testing/fake-prober";
import { proberContract } from "../../../testing/prober.contract";

describe("FakeProber", () => {
  let prober: FakeProber;

  beforeEach(() => {
    prober = new FakeProber();
  });

  proberContract(() => ({
    prober,
    place: (what: Place) => {
      const host = "web.shop.svc";
      const port = 8080 + prober.places.size;
      prober.places.set(`http://${host}:${port}`, what);
      prober.places.set(`tcp://${host}:${port}`, what);
      return Promise.resolve({ host, port });
    },
    followed: () => 0,
  }));
});
