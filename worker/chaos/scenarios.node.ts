import { check, until } from "./conditions.node.ts";
import type { Episode } from "./episode.node.ts";
import { listOf } from "./json.node.ts";
import { faultScenarios } from "./scenarios-faults.node.ts";
import { intentScenarios } from "./scenarios-intents.node.ts";
import { type Scenario, text, words } from "./story.node.ts";
import { declared } from "./turns.node.ts";
import type { Plan } from "./upstream.node.ts";
import { held, paced } from "./vendor.node.ts";

const city = { id: "call-city", name: "lookup", args: { city: "Rome" } };
const clock = { id: "call-clock", name: "datetime", args: { time_zone: "Europe/Rome" } };
const plan = {
  id: "call-plan",
  name: "update_plan",
  args: { steps: [{ step: "look", status: "completed" }] },
};

const plain: Scenario = {
  name: "plain turn",
  plans: (vendor, dice) => [words(vendor, 0, dice.next())],
  act: async (episode) => {
    await episode.open();
    await episode.turn();
  },
};

const flowing: Scenario = {
  name: "clients that come and go while words flow",
  plans: (vendor) => [(attempt) => paced(vendor.says(text(0, attempt)), 4)],
  spots: ["delta"],
  act: async (episode) => {
    await episode.open();
    await episode.turn();
  },
};

const thinking: Scenario = {
  name: "thinking, then words",
  plans: (vendor, dice) => {
    const at = dice.next();
    return [
      (attempt) => {
        const reply = vendor.thinks(`thought ${attempt}`, text(0, attempt));
        return attempt === 0 ? held(reply, { gate: "cut", at }) : reply;
      },
    ];
  },
  act: async (episode) => {
    await episode.open();
    await episode.turn();
  },
};

const tools: Scenario = {
  name: "parallel tools",
  plans: (vendor, dice) => {
    const at = dice.next();
    const calls = vendor.calls([clock, plan]);
    const first: Plan = (attempt) => (attempt === 0 ? held(calls, { gate: "cut", at }) : calls);
    return [first, words(vendor, 1, dice.next())];
  },
  act: async (episode) => {
    await episode.open();
    await episode.turn();
  },
};

const connected: Scenario = {
  name: "a connected client's own tool",
  plans: (vendor, dice) => [() => vendor.calls([clock, city]), words(vendor, 1, dice.next())],
  spots: ["event:interaction_callback_pending", "event:tool_execution_completed"],
  act: async (episode) => {
    await episode.open();
    const answer = `answer-${episode.upstream.key}`;
    const end = await episode.turn({}, [{ name: "lookup", answer }]);
    if (end.code !== "CALLBACK_PENDING") return;
    await answerAll(episode, answer);
  },
};

const awaited: Scenario = {
  name: "tools that are answered by whoever comes",
  plans: (vendor, dice) => [
    () => vendor.calls([city, plan, { ...city, id: "call-city-2" }]),
    words(vendor, 1, dice.next()),
  ],
  spots: ["event:interaction_callback_pending", "answered"],
  act: async (episode) => {
    await episode.open();
    const tool = declared({ name: "lookup", answer: "" });
    // Without a connection of its own, nobody is asked but whoever reads what is pending.
    const params = { external_tools: [tool], prompt: episode.promises.prompt() };
    await episode.rest.ask("POST", `/sessions/${episode.sessionId}/messages`, {
      ...params,
      idempotency_key: episode.upstream.key,
    });
    await answerAll(episode, `answer-${episode.upstream.key}`);
  },
};

/** Answers what waits, one call after the other, until nothing does. */
async function answerAll(episode: Episode, answer: string): Promise<void> {
  const base = `/sessions/${episode.sessionId}`;
  await until(10_000, "all tools are answered", async () => {
    const { body } = await episode.rest.ask("GET", `${base}/pending`);
    const [call] = listOf(body.pending_tool_calls);
    if (!call) return episode.view.seen.some(({ type }) => type === "run_completed");
    const content = `${answer} ${String(call.tool_use_id)}`;
    const results = [{ tool_use_id: call.tool_use_id, content }];
    const reply = await episode.rest.ask("POST", `${base}/answers`, { tool_results: results });
    // An answer that was taken but whose acknowledgement was lost is not taken again.
    check([200, 400, 409].includes(reply.status), `answering: ${JSON.stringify(reply.body)}`);
    if (reply.status === 200) episode.promises.shown.push(content);
    episode.killer.moment("answered");
    return false;
  });
}

/** Every story the suite tells. */
export const scenarios: readonly Scenario[] = [
  plain,
  flowing,
  thinking,
  tools,
  connected,
  awaited,
  ...intentScenarios,
  ...faultScenarios,
];
