import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import turnCounts from "./turn-counts.json" with { type: "json" };
import {
  billOf,
  listPrice,
  type Month,
  names,
  OBJECT_GB,
  PLAN_USD,
  prices,
  useOf,
} from "./cost.node.ts";

/** Where the page is kept. */
export const costPagePath = fileURLToPath(new URL("../../docs/cost.md", import.meta.url));

const thousand: Month = {
  turns: 1_000,
  secondsPerTurn: 10,
  watchersPerTurn: 1,
  storedTurns: 1_000,
};

const months: [who: string, month: Month][] = [
  ["Hobby", { turns: 1_000, secondsPerTurn: 10, watchersPerTurn: 1, storedTurns: 10_000 }],
  ["Team", { turns: 50_000, secondsPerTurn: 20, watchersPerTurn: 2, storedTurns: 500_000 }],
  [
    "Product",
    { turns: 2_000_000, secondsPerTurn: 15, watchersPerTurn: 1, storedTurns: 10_000_000 },
  ],
];

/** The page's tables by name, made from counts and prices. */
const tables: Record<string, () => string> = {
  turns: () => {
    const use = useOf(thousand);
    const rows = names().map((name) => {
      const { unit, usd, per, included } = prices[name];
      const price = `$${usd} per ${per === 1 ? "GB" : "million"}`;
      const list = listPrice(name, use[name]);
      return [unit, count(use[name]), price, `$${list.toFixed(4)}`, count(included)];
    });
    const all = names().reduce((sum, name) => sum + listPrice(name, use[name]), 0);
    const head = [
      "1,000 turns use",
      "",
      "Price",
      "Costs, once nothing is included",
      "Included a month",
    ];
    return table([head, ...rows, ["**together**", "", "", `**$${all.toFixed(3)}**`, ""]]);
  },
  formula: () => `\`\`\`text
GB-s          = turns × seconds per turn × ${OBJECT_GB}
rows written  = turns × ${turnCounts.rowsWritten}
requests      = turns × ${turnCounts.requests} + streams          (to objects)
              = turns + streams              (to the Worker)
GB stored     = turns kept × ${turnCounts.storedBytes / 1e9}           (${count(turnCounts.deltas)} pieces each)
\`\`\``,
  months: () => {
    const rows = months.map(([who, month]) => {
      const { turns, secondsPerTurn, watchersPerTurn, storedTurns } = month;
      const bill = billOf(useOf(month));
      return [who, ...[turns, secondsPerTurn, watchersPerTurn, storedTurns].map(count), usd(bill)];
    });
    const head = ["", "Turns a month", "Seconds each", "Streams each", "Turns kept", "A month"];
    return table([head, ...rows]);
  },
  product: () => {
    const [, month] = months.at(-1) ?? ["", thousand];
    const use = useOf(month);
    const rows = names().map((name) => {
      const beyond = Math.max(0, use[name] - prices[name].included);
      return [prices[name].unit, count(use[name]), count(beyond), usd(listPrice(name, beyond))];
    });
    rows.push(
      ["the plan", "", "", usd(PLAN_USD)],
      ["**together**", "", "", `**${usd(billOf(use))}**`],
    );
    return table([["", "Used", "Beyond what is included", "Costs"], ...rows]);
  },
};

/** The page with its tables as they must be. */
export function costPage(page: string): string {
  return page.replaceAll(/(<!-- table: (\w+) -->\n)[^]*?(<!-- end -->)/g, (all, head, name, end) =>
    name in tables ? `${head}\n${tables[name]?.()}\n\n${end}` : all,
  );
}

function table([head = [], ...rows]: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function count(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: 2 });
}

function usd(value: number): string {
  return `$${value.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(costPagePath, costPage(readFileSync(costPagePath, "utf8")));
}
