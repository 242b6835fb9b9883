import { expect, it } from "vitest";
import { dialects } from "../durable-objects/providers/wire/dialects.ts";
import { chunks } from "../durable-objects/providers/wire/openai.ts";
import { newRealm, vendor } from "../durable-objects/test-support.ts";
import { EventReader, is, post } from "./test-support.ts";
const flood = dialects.anthropic.says(...Array.from({ length: 3_000 }, (_, at) => `${at} `.padEnd(400, "x")));
for (const slow of [0, 1]) it("flood " + slow, async () => {
  const model = await vendor("anthropic", { chunks: chunks(flood) });
  const realm = newRealm();
  const created = await post<{ session_id: string }>(`/realms/${realm}/sessions`, { initial_turn: "deferred", model: model.model });
  const path = `/realms/${realm}/sessions/${created.body.session_id}`;
  const t0 = Date.now();
  const s = slow ? await EventReader.open(`${path}/events`) : undefined;
  const fast = await EventReader.open(`${path}/events`);
  void post(`${path}/messages`, { prompt: "x" }).then(() => console.log(slow, "turn", Date.now() - t0));
  await fast.toEnd.call({ next: async () => { const f = await fast.next(); return f?.event === "run_completed" ? undefined : f; } });
  console.log(slow, "fast", Date.now() - t0, fast.frames.length, fast.frames.at(-1)?.raw.slice(0, 300));
  if (s) { await s.toEnd(); console.log("slow", Date.now() - t0, s.frames.length, s.frames.at(-1)?.raw.slice(0, 300)); }
  expect(1).toBe(1);
});
