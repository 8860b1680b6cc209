import { failureOfStatus } from "../control-plane/control-plane-error";
import { Wire, type WireRequest } from "../control-plane/wire";

/** Answers requests by a function; a number is an HTTP status without a body. */
export class ScriptedWire extends Wire {
  readonly sent: WireRequest[] = [];

  constructor(
    public answer: (request: WireRequest) => unknown = () => undefined,
  ) {
    super();
  }

  override async send(request: WireRequest): Promise<unknown> {
    this.sent.push(request);
    const answer = await this.answer(request);
    if (typeof answer === "number") throw failureOfStatus(answer);
    if (answer instanceof Error) throw answer;
    return answer;
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }

  /** `path token` of every request. */
  get trail(): string[] {
    return this.sent.map(({ path, token }) => `${path} ${token}`);
  }
}
