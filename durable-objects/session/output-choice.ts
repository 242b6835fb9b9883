import type { ConfigDocument } from "../../sdk/contract/index.ts";
import { checkExpressible, lowered, type OutputFormat } from "../providers/schema/lowering.ts";
import { type OutputSchema, readOutputSchema } from "../providers/schema/output-schema.ts";
import type { IntakeStorage } from "./intake-storage.ts";
import type { TurnChoices } from "./settings.ts";
import type { RunSettings, SessionState } from "./state.ts";

const DEFAULT_RETRIES = 2;

type Wish = Pick<TurnChoices, "output_schema" | "structured_output_retries">;

/**
 * The schema that a turn answers by: the request's or the session's, else the realm's. Also looks at
 * what `provider_params` asks of the answer itself, so that both are refused before anything is written.
 * @throws {AppError} `INVALID_PARAMS`
 */
export function chosenOutput(
  { output_schema }: Wish,
  settings: RunSettings,
  { agent }: ConfigDocument,
): OutputSchema | undefined {
  const native = nativeWish(settings.providerParams);
  if (native) checkExpressible(settings.provider, native);
  const input = output_schema ?? agent?.output_schema;
  if (!input) return undefined;
  const output = readOutputSchema(input, "output_schema");
  checkExpressible(settings.provider, output);
  return output;
}

/** How JSON will be asked for, if the request or the realm wants some. */
export function extractionSettings(
  { output_schema, structured_output_retries }: Wish,
  { agent = {} }: ConfigDocument,
): Pick<RunSettings, "extraction"> {
  if (!output_schema && !agent.output_schema) return {};
  return {
    extraction: {
      retries: structured_output_retries ?? agent.structured_output_retries ?? DEFAULT_RETRIES,
      ...(agent.extraction_prompt ? { prompt: agent.extraction_prompt } : {}),
    },
  };
}

/** `provider_params.structured_output` (contract 9.3): the answer itself is to be JSON of this format. */
export function nativeFormat({ provider, providerParams }: RunSettings): OutputFormat | undefined {
  const wanted = nativeWish(providerParams);
  return wanted && lowered(provider, wanted).format;
}

function nativeWish(params: RunSettings["providerParams"]): OutputSchema | undefined {
  const wanted = params["structured_output"] ?? undefined;
  if (wanted === undefined) return undefined;
  return readOutputSchema(wanted, "provider_params.structured_output");
}

/** The statement that keeps what a session is created with, for all of its turns. */
export function keepWish(storage: IntakeStorage, { output_schema, ...wish }: Wish): void {
  const { structured_output_retries } = wish;
  if (!output_schema) return;
  storage.setDocument(
    "session_output",
    JSON.stringify({ output_schema, structured_output_retries }),
  );
}

/** The request with the session's schema, if it brings none of its own. */
export function withSessionWish<Request extends Wish>(
  storage: IntakeStorage,
  { hasOutputSchema }: SessionState,
  request: Request,
): Request {
  if (!hasOutputSchema || request.output_schema) return request;
  const kept: Wish = JSON.parse(storage.document("session_output"));
  const retries = request.structured_output_retries ?? kept.structured_output_retries;
  return { ...request, ...kept, structured_output_retries: retries };
}

/** The statement that keeps a run's schema, so that neither a crash nor a new config changes it. */
export function storeOutput(storage: IntakeStorage, output: OutputSchema | undefined): void {
  if (output) storage.setDocument("turn_output", JSON.stringify(output));
}

export function loadOutput(
  storage: IntakeStorage,
  { extraction }: RunSettings,
): OutputSchema | undefined {
  return extraction && (JSON.parse(storage.document("turn_output")) as OutputSchema);
}
