import { randomUUID } from "node:crypto";
import { check, until } from "./conditions.node.ts";
import type { Episode } from "./episode.node.ts";
import { listOf } from "./json.node.ts";
import { type Scenario, text } from "./story.node.ts";
import type { Plan } from "./upstream.node.ts";
import { held, type Vendor } from "./vendor.node.ts";

const LISTED_MS = 12_000;

/** An answer whose first try stops until the story lets it go on. */
function waiting(vendor: Vendor, step: number): Plan {
  return (attempt) => {
    const reply = vendor.says(text(step, attempt));
    return attempt === 0 ? held(reply, { gate: "hold", at: 0.5 }) : reply;
  };
}

/** Opens the session and starts a turn that is under way when this resolves. */
async function underWay(episode: Episode): Promise<void> {
  await episode.open();
  void episode.turn();
  const { ledger } = episode.upstream;
  await until(LISTED_MS, "the vendor is asked", () => ledger.length > 0);
}

const queued: Scenario = {
  name: "turns that queue",
  spots: ["queued", "event:run_completed", "event:run_started"],
  plans: (vendor) => [waiting(vendor, 0)],
  act: async (episode) => {
    await underWay(episode);
    void episode.turn({ handling_mode: "queue" });
    void episode.turn({ handling_mode: "queue" });
    const path = `/sessions/${episode.sessionId}/inputs`;
    await until(LISTED_MS, "both turns are taken", async () => {
      const { body } = await episode.rest.ask("GET", path);
      const starts = episode.view.seen.filter(({ type }) => type === "run_started").length;
      return listOf(body.inputs).length >= 2 || starts >= 3;
    });
    episode.killer.moment("queued");
    await episode.killer.settled();
    episode.upstream.open("hold");
  },
};

const steered: Scenario = {
  name: "a prompt that joins the running turn",
  spots: ["sent", "event:text_complete", "event:turn_started"],
  plans: (vendor) => [waiting(vendor, 0)],
  act: async (episode) => {
    await underWay(episode);
    void episode.turn({ handling_mode: "steer" });
    // The object answers in the order it was asked: after this read the prompt has been taken.
    await episode.rest.ask("GET", `/sessions/${episode.sessionId}`);
    episode.killer.moment("steered");
    episode.upstream.open("hold");
  },
};

const told: Scenario = {
  name: "context and events while a turn runs",
  spots: ["told"],
  plans: (vendor) => [waiting(vendor, 0)],
  act: async (episode) => {
    await underWay(episode);
    const base = `/sessions/${episode.sessionId}`;
    const key = { idempotency_key: randomUUID() };
    const context = `context-${randomUUID()}`;
    const staged = await episode.rest.ask("POST", `${base}/system_context`, {
      text: context,
      ...key,
    });
    check(staged.status === 200, `context was refused: ${JSON.stringify(staged.body)}`);
    episode.promises.shown.push(context);
    episode.killer.moment("told");
    const payload = `event-${randomUUID()}`;
    const event = await episode.rest.ask("POST", `${base}/external-events`, {
      payload,
      idempotency_key: randomUUID(),
    });
    check(event.status === 202, `an event was refused: ${JSON.stringify(event.body)}`);
    episode.promises.shown.push(payload);
    episode.killer.moment("told");
    episode.upstream.open("hold");
  },
};

const interrupted: Scenario = {
  name: "an interrupt",
  spots: ["interrupting", "interrupted", "event:run_failed"],
  plans: (vendor) => [waiting(vendor, 0)],
  act: async (episode) => {
    await underWay(episode);
    episode.killer.moment("interrupting");
    const { status, body } = await episode.rest.ask(
      "POST",
      `/sessions/${episode.sessionId}/interrupt`,
    );
    check(status === 200, `interrupting: ${JSON.stringify(body)}`);
    if (body.interrupted === true) episode.promises.interrupts.push(Number(body.seq));
    episode.killer.moment("interrupted");
  },
};

const unanswered: Scenario = {
  name: "an interrupt while a client's tool is awaited",
  // Over a connection the tool would be run by whoever asked.
  starter: "rest",
  spots: ["event:interaction_callback_pending", "interrupting", "interrupted"],
  plans: (vendor) => [
    () =>
      vendor.calls([
        { id: "call-1", name: "datetime", args: {} },
        ...["call-2", "call-3"].map((id) => ({ id, name: "lookup", args: {} })),
      ]),
  ],
  act: async (episode) => {
    await episode.open();
    const tool = { name: "lookup", description: "", input_schema: { type: "object" } };
    void episode.turn({ external_tools: [tool] });
    await episode.reached("interaction_callback_pending", 2);
    episode.killer.moment("interrupting");
    const path = `/sessions/${episode.sessionId}/interrupt`;
    const { body } = await episode.rest.ask("POST", path);
    if (body.interrupted === true) episode.promises.interrupts.push(Number(body.seq));
    episode.killer.moment("interrupted");
  },
};

const archived: Scenario = {
  name: "an archive",
  isArchived: true,
  spots: ["archiving", "archived", "event:run_failed"],
  plans: (vendor) => [waiting(vendor, 0)],
  act: async (episode) => {
    await underWay(episode);
    episode.killer.moment("archiving");
    const path = `/sessions/${episode.sessionId}`;
    const { status } = await episode.rest.ask("DELETE", path);
    check([200, 404].includes(status), `archiving answered ${status}`);
    episode.killer.moment("archived");
    await episode.killer.settled();
    const read = await episode.rest.ask("GET", path);
    check(read.status === 404, `an archived session answered ${read.status}`);
    await until(LISTED_MS, "an archived session leaves the list", async () => {
      const { body } = await episode.rest.ask("GET", "/sessions?limit=1000");
      return listOf(body.sessions).every(({ session_id }) => session_id !== episode.sessionId);
    });
  },
};

const created: Scenario = {
  name: "a create",
  spots: ["sent", "asked", "hold"],
  plans: (vendor) => [waiting(vendor, 0)],
  act: async (episode) => {
    const creating = episode.create();
    await until(LISTED_MS, "the vendor is asked", () => episode.upstream.ledger.length > 0);
    await episode.killer.settled();
    episode.upstream.open("hold");
    const { sessionId, code } = await creating;
    check(sessionId !== undefined, `a create that was asked again ended as ${code}`);
    await episode.watch(sessionId);
    const { body } = await episode.rest.ask("GET", "/sessions?limit=1000");
    const isListed = listOf(body.sessions).some(({ session_id }) => session_id === sessionId);
    check(isListed, "a created session is not in the list");
  },
};

/** What clients want besides a turn, while the server is killed. */
export const intentScenarios: readonly Scenario[] = [
  queued,
  steered,
  told,
  interrupted,
  unanswered,
  archived,
  created,
];
