import {
  isExpected,
  Prober,
  type ProbeTarget,
  unexpected,
} from "../reconcilers/application-instance/probes/prober";
import { addressOf } from "../reconcilers/application-instance/probes/probe-target";

/** What stands at an address: a status, an open port, or nobody who answers. */
export type Place = number | "open" | "refusing" | "silent";

/** Answers as the network would from what stands at each address; at all others nobody listens. */
export class FakeProber extends Prober {
  /** By the address's origin, as `http://web.shop.svc:80` or `tcp://db.shop.svc:5432`. */
  readonly places = new Map<string, Place>();
  /** Every address that was knocked at. */
  readonly knocks: string[] = [];

  override probe(
    target: ProbeTarget,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const address = addressOf(target);
    this.knocks.push(address);
    const { origin, protocol, host } = new URL(address);
    const place = this.places.get(
      origin === "null" ? `${protocol}//${host}` : origin,
    );
    return Promise.resolve(
      signal.aborted ? "failed" : answerOf(place ?? "refusing", target),
    );
  }
}

function answerOf(place: Place, target: ProbeTarget): string | undefined {
  if (place === "refusing") return "refused the connection";
  if (target.type === "tcp") return undefined;
  if (typeof place !== "number")
    return `gave no answer within ${target.timeoutMs / 1000} s`;
  const { expectStatus } = target;
  if (isExpected(place, expectStatus)) return undefined;
  return unexpected(place, expectStatus);
}
