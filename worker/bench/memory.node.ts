import { post, read, watch } from "./client.node.ts";
import { type Line, plain } from "./line.node.ts";
import { newSession, runTurn, script, type Stage } from "./stage.node.ts";

const MIB = 1024 * 1024;
const LIMIT_MIB = 96;
const PASSES = 5;

/**
 * What the runtime's process grows by, at most, while a session with a transcript of 10 MiB wakes up,
 * is replayed, runs a turn that is watched, and is read whole; once, and several times over. More
 * than the object's own share: the Worker runs in the same process, and garbage counts too.
 */
export async function memory({ counting }: Stage): Promise<Line[]> {
  const sessionId = await largeSession(counting.url);
  await counting.kill();
  await counting.start();
  const { url } = counting;
  await runTurn(url, await newSession(url), script(500));
  const before = counting.startPeak();
  const line = (figure: string) => {
    const ours = (counting.peakBytes() - before) / MIB;
    return plain(figure, { ours, unit: "MiB", limit: LIMIT_MIB });
  };
  await pass(url, sessionId);
  const first = line("memory for a 10 MiB transcript, one pass (B-7)");
  for (let count = 1; count < PASSES; count += 1) await pass(url, sessionId);
  return [first, line(`memory for a 10 MiB transcript, ${PASSES} passes`)];
}

/** 4 MiB of text, 4 MiB of images, 2 MiB of events from outside. */
async function largeSession(base: string): Promise<string> {
  const sessionId = await newSession(base);
  const session = `${base}/sessions/${sessionId}`;
  for (let part = 0; part < 4; part += 1) {
    await runTurn(base, sessionId, `${script(50)} ${"text ".repeat(MIB / 5)}`);
    await note(session, "mail ".repeat(MIB / 10));
    const data = "iVBORw0K".repeat(MIB / 8);
    const prompt = [
      { type: "text", text: script(50) },
      { type: "image", media_type: "image/png", source: "inline", data },
    ];
    await post(`${session}/messages`, { prompt });
  }
  return sessionId;
}

async function note(session: string, payload: string): Promise<void> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ kind: "mail", payload });
  const response = await fetch(`${session}/external-events`, { method: "POST", headers, body });
  if (response.status !== 202) throw new Error(`external event: ${await response.text()}`);
}

async function pass(url: string, sessionId: string): Promise<void> {
  await replay(url, sessionId);
  const live = await watch(url, sessionId, "SSE", () => {});
  await runTurn(url, sessionId, script(500));
  live.close();
  await read(`${url}/sessions/${sessionId}/history`);
}

/** Reads the log from its start until there is no more. */
async function replay(url: string, session_id: string): Promise<void> {
  const scope = { type: "session", session_id };
  for (let sequence = 0, isMore = true; isMore;) {
    const cursor = { scope, sequence };
    const page = await post(`${url}/events/list_since`, { scope, cursor, limit: 1_000 });
    // The operation's output in the contract.
    const events = page["events"] as { cursor: { sequence: number } }[];
    sequence = events.at(-1)?.cursor.sequence ?? sequence;
    isMore = page["has_more"] === true && events.length > 0;
  }
}
