import {
  type CanActivate,
  type ExecutionContext,
  Injectable,
} from "@nestjs/common";
import { DomainError } from "@vworkspace/kernel";
import type { FastifyRequest } from "fastify";
import type { SignedIn } from "../../trust/people/domain/session-store";
import { BrowserSessions } from "./browser-sessions";

/** A request after {@link SessionGuard}. */
export interface SessionRequest extends FastifyRequest {
  signedIn: SignedIn;
}

/** Somebody is signed in, by the database's word at this moment; who acts by it is `request.signedIn.actor`. */
@Injectable()
export class SessionGuard implements CanActivate {
  constructor(private readonly sessions: BrowserSessions) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<SessionRequest>();
    const signedIn = await this.sessions.signedIn(request);
    if (signedIn === undefined)
      throw new DomainError(
        "unauthenticated",
        "You are not signed in, or no longer: sign in at /login.",
      );
    request.signedIn = signedIn;
    return true;
  }
}
