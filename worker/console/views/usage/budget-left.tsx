import type { MeerkatClient } from "meerkat-edge";
import { useAccess } from "../../app/access.ts";
import { useLoading } from "../../app/loading.ts";
import { type Budget, budgetsOf, limitsOf } from "./budgets.ts";
import { dayOf } from "./days.ts";

const FIRST_DAY = "2020-01-01";
/** From here on a budget counts as nearly used up; turns are warned here, too, unless the config says otherwise. */
const NEAR = 0.8;

/** What is left of the realm's budgets; nothing where the config has none. */
export function BudgetLeft() {
  const { client } = useAccess();
  const { value, problem } = useLoading((signal) => readBudgets(client, signal), [client]);
  if (problem !== undefined) return <p class="problem">The budgets could not be read: {problem}</p>;
  if (!value || value.every(({ budgets }) => budgets.length === 0)) return null;
  return (
    <section class="budgets" aria-label="Budgets">
      {value.map(({ title, budgets }) =>
        budgets.map((budget) => <Left key={title + budget.name} title={title} budget={budget} />),
      )}
    </section>
  );
}

function Left({ title, budget: { name, used, limit, format } }: { title: string; budget: Budget }) {
  const share = limit > 0 ? Math.min(used / limit, 1) : 1;
  const tone = share >= 1 ? "bad" : share >= NEAR ? "warn" : "one";
  return (
    <div class="budget">
      <p>
        <b>
          {title}: {name}
        </b>{" "}
        <span class="number">
          {format(Math.max(limit - used, 0))} of {format(limit)} left
        </span>
      </p>
      <svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
        <rect class={tone} width={share * 100} height={1} />
      </svg>
      {share >= NEAR && (
        <p class={share >= 1 ? "problem" : "warning"}>
          {share >= 1
            ? "Used up: turns end or are refused"
            : `${Math.round(share * 100)} % is used`}
        </p>
      )}
    </div>
  );
}

async function readBudgets(client: MeerkatClient, signal: AbortSignal) {
  const { config } = await client.getConfig();
  const today = dayOf(Date.now());
  const scopes = [
    { title: "Today (UTC)", limits: limitsOf(config, "day"), from: today },
    { title: "The realm", limits: limitsOf(config, "realm"), from: FIRST_DAY },
  ];
  return await Promise.all(
    scopes.map(async ({ title, limits, from }) => {
      // Without a limit there is nothing to be asked.
      if (Object.keys(limits).length === 0) return { title, budgets: [] };
      const span = { from, to: today, group_by: "provider" };
      const { total } = await client.call("usage/read", span, { signal });
      return { title, budgets: budgetsOf(limits, total) };
    }),
  );
}
