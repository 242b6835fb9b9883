import type { TokenInfo } from "meerkat-edge";
import { useAccess } from "../../app/access.ts";
import { ago, moment } from "../../parts/figures.ts";

interface TokenTableProps {
  tokens: readonly TokenInfo[];
  onRevoke: (token: TokenInfo) => void;
}

/** What a token is called, in lists and questions. */
export function nameOf({ name, watching, tokenId }: TokenInfo): string {
  return name ?? (watching ? "Shared session" : tokenId);
}

/** The tokens and shares, newest first. */
export function TokenTable({ tokens, onRevoke }: TokenTableProps) {
  return (
    <div class="cards-when-narrow">
      <table class="tokens">
        <thead>
          <tr>
            <th scope="col">Token</th>
            <th scope="col">May</th>
            <th scope="col">Only</th>
            <th scope="col">Created</th>
            <th scope="col">Expires</th>
            <th scope="col">Last used</th>
            <th scope="col">
              <span class="visually-hidden">Revoke</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {tokens.map((token) => (
            <Row key={token.tokenId} token={token} onRevoke={onRevoke} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ token, onRevoke }: { token: TokenInfo; onRevoke: (token: TokenInfo) => void }) {
  const { self } = useAccess();
  const { tokenId, name, scopes, watching, createdAt, createdBy, expiresAt, lastUsedAt } = token;
  const isOver = expiresAt !== undefined && expiresAt * 1_000 <= Date.now();
  return (
    <tr class={isOver ? "over" : undefined}>
      <th scope="row">
        {nameOf(token)} {self.actor === tokenId && <span class="badge">yours</span>}
        {(name ?? watching) !== undefined && <code class="faint">{tokenId}</code>}
      </th>
      <td data-name="May">
        {watching ? (
          <span class="badge">watch</span>
        ) : (
          scopes.map((scope) => (
            <span key={scope} class={`badge ${scope === "admin" ? "warn" : ""}`}>
              {scope}
            </span>
          ))
        )}
      </td>
      <td data-name="Only">
        <Bounds token={token} />
      </td>
      <td data-name="Created">
        <Time at={createdAt} /> <span class="faint">by {createdBy}</span>
      </td>
      <td data-name="Expires">
        {isOver && <span class="badge bad">expired</span>}{" "}
        {expiresAt === undefined ? "never" : <Time at={expiresAt} />}
      </td>
      <td data-name="Last used">
        {lastUsedAt === undefined ? <span class="faint">never</span> : <Time at={lastUsedAt} />}
      </td>
      <td>
        <button
          class="danger"
          aria-label={`Revoke ${nameOf(token)}`}
          onClick={() => onRevoke(token)}
        >
          Revoke
        </button>
      </td>
    </tr>
  );
}

/** What confines a token: a session, labels, the pages that may send it. */
function Bounds({ token: { watching, labels = {}, origins = [] } }: { token: TokenInfo }) {
  const parts = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  if (!watching && parts.length === 0 && origins.length === 0) {
    return <span class="faint">everything in the realm</span>;
  }
  return (
    <>
      {watching && (
        <a href={`#/sessions/${watching.sessionId}`} title={watching.sessionId}>
          session {watching.sessionId.slice(-8)}
        </a>
      )}
      {watching?.redactTools && <span class="faint"> without tools</span>}
      {parts.map((label) => (
        <code key={label}>{label} </code>
      ))}
      {origins.map((origin) => (
        <span key={origin} class="faint">
          from {origin}{" "}
        </span>
      ))}
    </>
  );
}

function Time({ at }: { at: number }) {
  return <time title={moment(at * 1_000)}>{ago(at * 1_000)}</time>;
}
