import { Inject, Injectable, Logger } from "@nestjs/common";
import { Counter } from "prom-client";
import { chooseUser } from "./domain/choose-user.decide";
import { IdentityProvider } from "./domain/identity-provider";
import type { LinkedUser } from "./domain/identity-store";
import { LOGIN_FAILURES, LoginRefusal } from "./domain/login-refusal";
import type { ProvenPerson } from "./domain/proven-person";
import type { SignInFlow } from "./domain/sign-in-flow";
import { OPEN_ID_OPTIONS, type OpenIdClientOptions } from "./open-id-options";
import { SessionService, type StartedSession } from "./session.service";
import { type BroughtBack, SignInFlows } from "./sign-in-flows";

const failures = new Counter({
  name: "vworkspace_login_failures_total",
  help: "Sign-ins of people that came to nothing, by the reason.",
  labelNames: ["reason"],
});
for (const reason of LOGIN_FAILURES) failures.inc({ reason }, 0);

/** What became of a sign-in that the provider vouched for. */
export type SignInOutcome =
  | {
      readonly kind: "signed-in";
      readonly session: StartedSession;
      readonly returnTo: string;
    }
  | {
      readonly kind: "several";
      readonly users: readonly LinkedUser[];
      readonly returnTo: string;
    }
  | {
      readonly kind: "not-linked";
      readonly person: ProvenPerson;
      /** Code of the one that he wanted. */
      readonly organization: string | undefined;
    };

/** People signing in: to the provider, back with its answer, and to the user that they are linked to. */
@Injectable()
export class SignInService {
  private readonly logger = new Logger("SignIn");

  constructor(
    private readonly provider: IdentityProvider,
    private readonly flows: SignInFlows,
    private readonly sessions: SessionService,
    @Inject(OPEN_ID_OPTIONS) private readonly options: OpenIdClientOptions,
  ) {}

  /** Where to send the browser, and what it is to carry. @throws LoginRefusal provider_unavailable */
  begin(
    wish: Pick<SignInFlow, "returnTo" | "organization">,
  ): Promise<{ readonly url: string; readonly sealedFlow: string }> {
    return this.counted(async () => {
      const { url, secrets } = await this.provider.begin();
      return { url, sealedFlow: this.flows.seal({ ...wish, ...secrets }) };
    });
  }

  /** @throws LoginRefusal */
  complete(
    brought: BroughtBack & {
      readonly address: string;
      /** Of a session that the browser has already. */
      readonly secret: string | undefined;
    },
  ): Promise<SignInOutcome> {
    return this.counted(async () => {
      const flow = this.flows.require(brought);
      const person = await this.provider.complete(brought.query, flow);
      const outcome = await this.enter(person, flow, brought.address);
      if (outcome.kind === "not-linked") this.note("not_linked", "");
      if (outcome.kind === "signed-in")
        await this.endFormer(brought.secret ?? "");
      return outcome;
    });
  }

  private async enter(
    person: ProvenPerson,
    { organization, returnTo }: SignInFlow,
    address: string,
  ): Promise<SignInOutcome> {
    const linked = await this.sessions.usersOf(person);
    const choice = chooseUser(linked, organization);
    if (choice.kind === "none")
      return { kind: "not-linked", person, organization };
    if (choice.kind === "several")
      return { kind: "several", users: choice.users, returnTo };
    const users = choice.kind === "user" ? [choice.user] : choice.users;
    let session: StartedSession | undefined;
    const from = { address, seconds: this.options.sessionSeconds };
    for (const user of users)
      session ??= await this.sessions.start(user, person, from);
    if (session) return { kind: "signed-in", session, returnTo };
    throw new LoginRefusal(
      "inactive",
      "Your user is not active in the gateway: ask an admin of your organization.",
    );
  }

  /** The browser forgets it, so nobody could sign out of it any more. */
  private async endFormer(secret: string): Promise<void> {
    const former = await this.sessions.authenticate(secret);
    if (former) await this.sessions.signOut(former);
  }

  private async counted<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof LoginRefusal) this.note(error.reason, error.logged);
      throw error;
    }
  }

  /** Neither who it was nor anything that he brought. */
  private note(reason: LoginRefusal["reason"], detail: string): void {
    failures.inc({ reason });
    this.logger.log({ reason, detail }, "Somebody was not signed in");
  }
}
