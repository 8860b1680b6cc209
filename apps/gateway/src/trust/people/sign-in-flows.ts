import { Injectable } from "@nestjs/common";
import { Clock } from "@vworkspace/kernel";
import { z } from "zod";
import { MasterKey } from "../../database/master-key";
import { LoginRefusal } from "./domain/login-refusal";
import { FLOW_SECONDS, type SignInFlow } from "./domain/sign-in-flow";

const CONTEXT = "people:sign-in-flow";
const MAX_CHARACTERS = 3072;

const sealedSchema = z.object({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  returnTo: z.string(),
  organization: z.string().optional(),
  /** Milliseconds since the Unix epoch. */
  expiresAt: z.number(),
});

/** What a browser brings back from the provider. */
export interface BroughtBack {
  /** Of the URL that the provider sent it to. */
  readonly query: string;
  readonly sealedFlow: string | undefined;
}

/**
 * Sign-ins that are under way, as browsers carry them: they can neither be read nor be changed there, and the gateway keeps
 * nothing of somebody who may never come back.
 */
@Injectable()
export class SignInFlows {
  constructor(
    private readonly masterKey: MasterKey,
    private readonly clock: Clock,
  ) {}

  seal(flow: SignInFlow): string {
    const expiresAt = this.clock.now() + FLOW_SECONDS * 1000;
    const plain = Buffer.from(JSON.stringify({ ...flow, expiresAt }));
    return this.masterKey.seal(plain, CONTEXT).toString("base64url");
  }

  /** The one that this browser carries and that this answer is for. @throws LoginRefusal */
  require({ query, sealedFlow }: BroughtBack): SignInFlow {
    const carried = sealedFlow ? this.open(sealedFlow) : undefined;
    if (!carried)
      throw new LoginRefusal(
        "no_flow",
        "This browser has no sign-in under way, or one that was already used: begin again.",
      );
    const { expiresAt, organization, ...flow } = carried;
    if (expiresAt <= this.clock.now())
      throw new LoginRefusal(
        "flow_expired",
        "The sign-in took more than ten minutes: begin again.",
      );
    const states = new URLSearchParams(query).getAll("state");
    if (states.length !== 1 || states[0] !== flow.state)
      throw new LoginRefusal(
        "wrong_state",
        "This answer is not of the sign-in that this browser began last: begin again.",
      );
    return { ...flow, organization };
  }

  /** Undefined for what was not sealed here, or not for this. */
  private open(text: string): z.output<typeof sealedSchema> | undefined {
    if (text.length > MAX_CHARACTERS || !/^[A-Za-z0-9_-]+$/.test(text))
      return undefined;
    try {
      const sealed = Buffer.from(text, "base64url");
      const plain = this.masterKey.open(sealed, CONTEXT).toString();
      return sealedSchema.parse(JSON.parse(plain));
    } catch {
      return undefined;
    }
  }
}
