import { createHash } from "node:crypto";
import type { FastifyReply } from "fastify";
import { Html, html } from "./html";

const STYLE = `
:root { color-scheme: light dark; --page: #f3f4f6; --card: #fff; --text: #1f2937; --quiet: #5b6472; --line: #d9dde3; --main: #1d4ed8; --on-main: #fff; --bad: #b42318; --good: #15803d; }
@media (prefers-color-scheme: dark) {
  :root { --page: #111827; --card: #1f2937; --text: #f3f4f6; --quiet: #a3adbb; --line: #3b4656; --main: #93b4ff; --on-main: #111827; --bad: #ff9b90; --good: #7ddf9f; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--page); color: var(--text); font: 1rem/1.55 system-ui, sans-serif; }
main { width: 100%; max-width: 29rem; padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: .75rem; }
.name { margin: 0 0 1.25rem; color: var(--quiet); font-size: .8125rem; font-weight: 600; letter-spacing: .04em; }
.wide { max-width: 40rem; }
h1 { margin: 0 0 .75rem; font-size: 1.375rem; line-height: 1.3; }
h2 { margin: 0 0 .5rem; font-size: 1rem; }
p { margin: 0 0 1rem; overflow-wrap: anywhere; }
dl { margin: 0 0 1.5rem; border-top: 1px solid var(--line); }
dl div { display: grid; grid-template-columns: 8.5rem 1fr; gap: .75rem; padding: .625rem 0; border-bottom: 1px solid var(--line); }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
ul { margin: 0; padding: 0; list-style: none; display: grid; gap: .625rem; }
.note { padding: .625rem .875rem; border: 1px solid var(--line); border-left: .25rem solid var(--quiet); border-radius: .375rem; }
.note.good { border-left-color: var(--good); }
.note.bad { border-left-color: var(--bad); }
pre { max-height: 24rem; margin: 0 0 1.5rem; padding: .75rem .875rem; overflow: auto; background: var(--page); border: 1px solid var(--line); border-radius: .5rem; font: .8125rem/1.55 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
label { display: block; margin: 0 0 1rem; font-size: .875rem; color: var(--quiet); }
input, textarea { display: block; width: 100%; margin-top: .25rem; padding: .5rem .75rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--page); color: var(--text); font: inherit; font-size: 1rem; resize: vertical; }
.choice { display: grid; grid-template-columns: 1fr 1fr; gap: .625rem; }
.or { margin: 1.25rem 0; color: var(--quiet); font-size: .875rem; text-align: center; }
.foot { margin: 1.25rem 0 0; color: var(--quiet); font-size: .8125rem; }
code { font: .875rem/1.5 ui-monospace, monospace; user-select: all; }
.button { display: block; width: 100%; padding: .625rem 1rem; border: 1px solid transparent; border-radius: .5rem; background: var(--main); color: var(--on-main); font: inherit; font-weight: 600; text-align: center; text-decoration: none; cursor: pointer; }
.button.quiet { background: transparent; border-color: var(--line); color: var(--text); }
.button + .button, .button + form { margin-top: .625rem; }
.choice .button + .button { margin-top: 0; }
.button.bad { background: transparent; border-color: var(--bad); color: var(--bad); }
.button:focus-visible, a:focus-visible, input:focus-visible, textarea:focus-visible { outline: 3px solid var(--main); outline-offset: 2px; }
a { color: var(--main); }
@media (max-width: 26rem) { main { padding: 1.25rem; } dl div { grid-template-columns: 1fr; gap: 0; } }
`;

const STYLE_HASH = createHash("sha256").update(STYLE).digest("base64");

/** No script, no frame, nothing from elsewhere; forms go to the gateway alone. */
const CONTENT_SECURITY_POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`;

/** A page of the gateway for people; works without JavaScript. */
export interface Page {
  readonly title: string;
  readonly body: Html;
  /** With more to read than a few rows. */
  readonly isWide?: boolean;
}

export function sendPage(reply: FastifyReply, page: Page, status = 200): void {
  void keptByNobody(reply)
    .status(status)
    .header("content-type", "text/html; charset=utf-8")
    .header("content-security-policy", CONTENT_SECURITY_POLICY)
    // "no-referrer" would make browsers say `Origin: null` for our own forms, which SameOriginGuard refuses.
    .header("referrer-policy", "same-origin")
    .send(wholeOf(page).text);
}

/** For whatever a person's sign-in is told in: no cache keeps it. */
export function keptByNobody(reply: FastifyReply): FastifyReply {
  return reply.header("cache-control", "no-store");
}

function wholeOf({ title, body, isWide = false }: Page): Html {
  // The style has no value in it: escaping it would change its hash.
  const style = new Html(`<style>${STYLE}</style>`);
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · vworkspace</title>
        ${style}
      </head>
      <body>
        <main class="${isWide ? "wide" : ""}">
          <p class="name">vworkspace</p>
          <h1>${title}</h1>
          ${body}
        </main>
      </body>
    </html> `;
}
