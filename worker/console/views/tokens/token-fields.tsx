import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { useAccess } from "../../app/access.ts";
import { scopeNames } from "./token-options.ts";

const effects: Readonly<Record<(typeof scopeNames)[number], string>> = {
  read: "look at sessions and watch them",
  run: "create sessions, run turns, fork, archive",
  admin: "config, tokens, audit log, the realm",
};

/** What there is to say about a new token. */
export function TokenFields() {
  return (
    <>
      <label>
        Name
        <input name="name" maxLength={128} autocomplete="off" placeholder="ci, dashboard, Ann…" />
      </label>
      <Scopes />
      <label>
        It ends after
        <select name="days">
          <option value="1">1 day</option>
          <option value="7">7 days</option>
          <option value="30">30 days</option>
          <option value="90" selected>
            90 days
          </option>
          <option value="365">1 year</option>
          <option value="">never</option>
        </select>
      </label>
      <details>
        <summary>Only some sessions, or from some pages</summary>
        <div class="bounds">
          <Lines name="labels" label="Labels" placeholder="team=blue">
            One per line. It sees only sessions with all of these, and those it creates get them.
            Not with <code>admin</code>.
          </Lines>
          <Lines name="origins" label="Origins" placeholder="https://app.example">
            One per line. Other web pages are refused; programs send no origin and are let in.
          </Lines>
        </div>
      </details>
    </>
  );
}

/** Nobody can give more than they have. */
function Scopes() {
  const { self } = useAccess();
  return (
    <fieldset>
      <legend>It may</legend>
      {scopeNames.map((scope) => (
        <label key={scope} class="check">
          <input
            type="checkbox"
            name={scope}
            defaultChecked={scope !== "admin" && self.scopes.includes(scope)}
            disabled={!self.scopes.includes(scope)}
          />
          <b>{scope}</b> <span class="soft">{effects[scope]}</span>
        </label>
      ))}
    </fieldset>
  );
}

interface LinesProps {
  name: string;
  label: string;
  placeholder: string;
  children: ComponentChildren;
}

function Lines({ name, label, placeholder, children }: LinesProps) {
  const hint = useId();
  return (
    <div>
      <label>
        {label}
        <textarea
          name={name}
          rows={2}
          placeholder={placeholder}
          spellcheck={false}
          aria-describedby={hint}
        />
      </label>
      <p id={hint} class="soft hint">
        {children}
      </p>
    </div>
  );
}
