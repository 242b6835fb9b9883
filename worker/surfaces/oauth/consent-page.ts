import { html, raw } from "hono/html";
import type { Scope } from "../../../sdk/contract/index.ts";

/** What somebody is asked to agree to. Every text in it is the client's own claim, so all of it is escaped. */
export interface Question {
  clientName: string;
  /** The domain that vouches for the name; without it the client named itself. */
  clientDomain?: string | undefined;
  redirectHost: string;
  redirectIsLoopback: boolean;
  /** None where the token decides. */
  realm: string | undefined;
  defaultRealm: string;
  scopes: readonly Scope[];
  handle: string;
  /** Why the last attempt did not do. */
  problem?: string | undefined;
}

const meanings: Record<Scope, string> = {
  read: "see sessions and follow them",
  run: "start sessions, run turns, fork, rewind and archive",
  admin: "change the realm's configuration",
};

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 34rem; margin: 0 auto; padding: 1.5rem 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; line-height: 1.25; }
fieldset { border: 1px solid GrayText; border-radius: .4rem; margin: 1rem 0; }
label { display: block; padding: .3rem 0; }
input[type=password] { display: block; width: 100%; box-sizing: border-box; font: inherit; padding: .6rem; }
.name { font-weight: 700; text-decoration: underline dotted; }
button { font: inherit; padding: .6rem 1.4rem; min-height: 2.75rem; margin: 0 .5rem .5rem 0; }
[role=alert], .warning { border-left: .3rem solid; padding-left: .8rem; font-weight: 600; }
`;

/** A page and the headers that let it do nothing but what it is for. */
async function page(
  title: string,
  body: unknown,
  status: 200 | 400 = 200,
  head: unknown = "",
): Promise<Response> {
  const nonce = crypto.randomUUID();
  const text = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <link rel="icon" href="data:," />
        ${head}
        <title>${title}</title>
        <style nonce="${nonce}">
          ${raw(style)}
        </style>
      </head>
      <body>
        <main>${body}</main>
      </body>
    </html>`;
  const policy = [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    "img-src data:",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ];
  return new Response(text, {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": policy.join("; "),
      "x-frame-options": "DENY",
      // With none at all a browser would hide from us that the form came from our own page.
      "referrer-policy": "same-origin",
      "cache-control": "no-store",
    },
  });
}

/** Asks whether a client may act in a realm, and for a token that proves that one may allow it. */
export async function consentPage(question: Question): Promise<Response> {
  const { realm, defaultRealm, redirectHost, problem } = question;
  const clientName = html`<bdi class="name">${question.clientName}</bdi>`;
  const where = realm
    ? html`the realm <strong>${realm}</strong>`
    : html`the realm of the token that you paste below (with the admin token:
        <strong>${defaultRealm}</strong>)`;
  const body = html`<h1>Allow ${clientName} to use Meerkat?</h1>
    ${problem ? html`<p role="alert">${problem}</p>` : ""}
    <p>${clientName} asks for access by MCP to ${where}. ${origin(question)}</p>
    <p>Access will be sent to <strong>${redirectHost}</strong>.</p>
    ${
      question.redirectIsLoopback
        ? html`<p class="warning">
            That is a program on your own computer. Go on only if you have just started to sign in
            from it.
          </p>`
        : ""
    }
    <form method="post">
      <input type="hidden" name="handle" value="${question.handle}" />
      <fieldset>
        <legend>It may</legend>
        ${question.scopes.map(
          (scope) =>
            html`<label
              ><input type="checkbox" name="scope" value="${scope}" checked /> <b>${scope}</b>:
              ${meanings[scope]}</label
            >`,
        )}
      </fieldset>
      <label for="token">Your access token</label>
      <input
        id="token"
        name="token"
        type="password"
        autocomplete="off"
        aria-describedby="about-token"
      />
      <p id="about-token">
        It proves that you may allow this, and is not given to ${clientName}: the client gets a
        token of its own, which can do no more than yours and ends with it.
      </p>
      <button name="decision" value="approve">Allow</button>
      <button name="decision" value="deny" formnovalidate>Deny</button>
    </form>`;
  return await page(`Allow ${question.clientName}?`, body, problem ? 400 : 200);
}

function origin({ clientDomain }: Question) {
  if (clientDomain) return html`It is published by <strong>${clientDomain}</strong>.`;
  return html`It registered itself: nobody has checked its name.`;
}

/** Sends the browser on. Not a redirect: after a form those must stay within `form-action`, wherever clients go next. */
export async function onwardPage(target: string, headers: Headers): Promise<Response> {
  const refresh = html`<meta http-equiv="refresh" content="0;url=${target}" />`;
  const body = html`<h1>Done</h1>
    <p><a href="${target}">Go on to ${new URL(target).host}</a></p>`;
  const response = await page("Done", body, 200, refresh);
  for (const cookie of headers.getSetCookie()) response.headers.append("set-cookie", cookie);
  return response;
}

/** What went wrong, where it is not safe to tell the client. */
export async function problemPage(problem: string): Promise<Response> {
  const body = html`<h1>This cannot go on</h1>
    <p role="alert">${problem}</p>
    <p>Go back to your client and connect again.</p>`;
  return await page("Meerkat", body, 400);
}
