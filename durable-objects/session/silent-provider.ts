import type { Provider } from "../providers/provider.ts";

/** The vendor without its deltas: nobody watches such an answer being written, so a cut one can be asked for again. */
export function silent(provider: Provider): Provider {
  return {
    name: provider.name,
    async *stream(request, signal) {
      for await (const event of provider.stream(request, signal)) {
        if (event.type === "usage" || event.type === "end") yield event;
      }
    },
  };
}
