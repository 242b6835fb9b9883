import type { ModelsCatalog } from "../sdk/contract/index.ts";
import { columns } from "./columns.ts";

type Model = ModelsCatalog["providers"][number]["models"][number];

/** Lays the catalog out in columns; `*` marks what a vendor's sessions get when no model is named. */
export function modelTable({ providers, prices_as_of: day }: ModelsCatalog): string {
  const header = ["PROVIDER", "MODEL", "CONTEXT", "OUTPUT", "IN $/M", "OUT $/M", "CACHED $/M"];
  const rows = providers.flatMap(({ provider, default_model_id: first, models }) =>
    models.map((model) => [
      model.server_id === undefined ? provider : `${provider} (${model.server_id})`,
      model.id === first ? `${model.id} *` : model.id,
      tokens(model.context_window),
      tokens(model.max_output_tokens),
      ...prices(model),
    ]),
  );
  return `${columns([header, ...rows])}\n\n* default of its provider. Prices in US dollars per million tokens, as of ${day}.`;
}

function prices({ price }: Model): string[] {
  if (price === "unknown") return ["unknown", "unknown", "unknown"];
  const { input, output, cached_input: cached = input } = price;
  // A price that rises with the input is marked, not told in full.
  const more = price.long ? "+" : "";
  return [input, output, cached].map((dollars) => `${dollars}${more}`);
}

function tokens(count: number | undefined): string {
  if (count === undefined) return "unknown";
  return count >= 1_000_000
    ? `${count / 1_000_000}M`.replace(/(\.\d\d)\d+/, "$1")
    : `${Math.round(count / 1_000)}K`;
}
