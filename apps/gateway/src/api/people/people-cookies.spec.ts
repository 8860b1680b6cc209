import type { FastifyReply, FastifyRequest } from "fastify";
import { PeopleCookies } from "./people-cookies";

const cookiesAt = (publicUrl: string) =>
  new PeopleCookies({ publicUrl: () => publicUrl, hasProvider: true });
const requestWith = (cookie?: string) =>
  ({ headers: { cookie } }) as FastifyRequest;

/** Keeps what it is told to say. */
class Said {
  readonly lines: string[] = [];
  header(name: string, value: string): this {
    this.lines.push(`${name}: ${value}`);
    return this;
  }
}

describe("cookies of people", () => {
  const secure = cookiesAt("https://gateway.example.com");
  const plain = cookiesAt("http://127.0.0.1:8080");
  const set = (cookies: PeopleCookies) => {
    const reply = new Said();
    cookies.set(reply as unknown as FastifyReply, "session", "v", 60);
    return reply.lines;
  };

  it("are bound to their host by TLS, and on this machine do without", () => {
    const rest = "Path=/; Max-Age=60; HttpOnly; SameSite=Lax";
    expect(set(secure)).toEqual([
      `set-cookie: __Host-vworkspace-session=v; ${rest}; Secure`,
    ]);
    expect(set(plain)).toEqual([`set-cookie: vworkspace-session=v; ${rest}`]);
  });

  it.each([
    [undefined, undefined],
    ["", undefined],
    ["a=1; __Host-vworkspace-session=v; b=2", "v"],
    ["__Host-vworkspace-session=a=b", "a=b"],
    ["__Host-vworkspace-session=", ""],
    ["vworkspace-session=v", undefined],
    ["x__Host-vworkspace-session=v", undefined],
    ["__Host-vworkspace-session=v; __Host-vworkspace-session=w", undefined],
    ["__Host-vworkspace-login=v", undefined],
  ])("are read out of %j as %j", (header, value) => {
    expect(secure.read(requestWith(header), "session")).toBe(value);
  });

  it("are taken once: the browser is told to forget them", () => {
    const reply = new Said();
    const taken = secure.take(
      requestWith("__Host-vworkspace-login=v"),
      reply as unknown as FastifyReply,
      "login",
    );
    expect(taken).toBe("v");
    expect(reply.lines.join()).toContain(
      "__Host-vworkspace-login=; Path=/; Max-Age=0",
    );
  });
});
