import { Inject, Injectable } from "@nestjs/common";
import type { FastifyReply, FastifyRequest } from "fastify";
import { PAGE_OPTIONS, type PageOptions } from "./page-options";

/** The session's secret, and a sealed sign-in that is under way. */
export type PeopleCookie = "session" | "login";

/**
 * Cookies of people. Over TLS their names begin with `__Host-`: no other host and no page without TLS can plant one. A
 * provider sends people back from its own site, so SameSite is Lax.
 */
@Injectable()
export class PeopleCookies {
  constructor(@Inject(PAGE_OPTIONS) private readonly options: PageOptions) {}

  private get isSecure(): boolean {
    return this.options.publicUrl().startsWith("https:");
  }

  /** Undefined where there is none, or where there are several: one of them is not ours. */
  read(request: FastifyRequest, cookie: PeopleCookie): string | undefined {
    const start = `${this.nameOf(cookie)}=`;
    const [found, ...others] = (request.headers.cookie ?? "")
      .split(";")
      .map((pair) => pair.trim())
      .filter((pair) => pair.startsWith(start));
    return others.length === 0 ? found?.slice(start.length) : undefined;
  }

  /** Reads it for the last time: whatever comes of it, the browser forgets it. */
  take(
    request: FastifyRequest,
    reply: FastifyReply,
    cookie: PeopleCookie,
  ): string | undefined {
    this.clear(reply, cookie);
    return this.read(request, cookie);
  }

  set(
    reply: FastifyReply,
    cookie: PeopleCookie,
    value: string,
    seconds: number,
  ): void {
    const secure = this.isSecure ? "; Secure" : "";
    void reply.header(
      "set-cookie",
      `${this.nameOf(cookie)}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`,
    );
  }

  clear(reply: FastifyReply, cookie: PeopleCookie): void {
    this.set(reply, cookie, "", 0);
  }

  private nameOf(cookie: PeopleCookie): string {
    return `${this.isSecure ? "__Host-" : ""}vworkspace-${cookie}`;
  }
}
