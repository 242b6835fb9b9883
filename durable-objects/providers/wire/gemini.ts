/** Any JSON object of the vendor's wire. */
type Json = Record<string, unknown>;

/** One chunk of Gemini's stream, in the vendor's own line ends. */
export function chunk(data: Json): string {
  return `data: ${JSON.stringify(data)}\r\n\r\n`;
}

/** A chunk with these parts, and what else the vendor says beside them. */
export function parts(content: readonly Json[], beside: Json = {}): string {
  const { finishReason, ...rest } = beside;
  const candidate = {
    content: { parts: content, role: "model" },
    ...(finishReason !== undefined && { finishReason }),
    index: 0,
  };
  return chunk({ candidates: [candidate], modelVersion: "gemini-3.5-flash", ...rest });
}

/** The counters that come with every chunk. */
export function usage(prompt: number, output: number, more: Json = {}): Json {
  const usageMetadata = { promptTokenCount: prompt, candidatesTokenCount: output, ...more };
  return { usageMetadata };
}

/** An error, as a body or in mid-stream. */
export function failure(code: number, status: string, message: string, details: Json[] = []): Json {
  return { error: { code, message, status, ...(details.length > 0 && { details }) } };
}
