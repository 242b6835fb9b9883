import { LongText } from "../../../parts/long-text.tsx";
import { Content } from "./content.tsx";
import type { LiveSession } from "./live-session.ts";
import { Lines } from "./lines.tsx";
import { surroundings } from "./rows.ts";
import { ToolCard } from "./tool-card.tsx";
import type { Message } from "./transcript.ts";
import { TurnEnd } from "./turn-end.tsx";
import { Unfinished } from "./unfinished.tsx";

interface MessageRowProps {
  session: LiveSession;
  index: number;
}

/** One message of the transcript, with what the log tells about it. */
export function MessageRow({ session, index }: MessageRowProps) {
  // Read, so that this is drawn again with every change.
  void session.version.value;
  const message = session.transcript.at(index);
  if (!message) return <div class="unread" aria-hidden="true" />;
  const { lines, ended, unfinished } = surroundings(session, index);
  return (
    <>
      <Lines lines={lines} />
      <Body session={session} index={index} message={message} />
      {isCutOff(message) && <Unfinished step={unfinished} />}
      {ended && <TurnEnd session={session} turn={ended} at={index + 1} />}
    </>
  );
}

function Body({ session, index, message }: MessageRowProps & { message: Message }) {
  switch (message.role) {
    case "user":
      return (
        <article class="said" aria-label="Prompt">
          <Content content={message.content} kind="plain" />
        </article>
      );
    case "system":
      return (
        <details class="system">
          <summary>System prompt</summary>
          <LongText text={message.content} kind="plain" />
        </details>
      );
    case "block_assistant":
      return <Answer session={session} index={index} message={message} />;
    case "tool_results":
      // Shown in the cards of the calls.
      return null;
  }
}

/** Whether an answer was interrupted. */
function isCutOff(message: Message): boolean {
  return message.role === "block_assistant" && message.stopReason === "cancelled";
}

type AnswerMessage = Extract<Message, { role: "block_assistant" }>;

function Answer({ session, index, message }: MessageRowProps & { message: AnswerMessage }) {
  const next = session.transcript.at(index + 1);
  const results = next?.role === "tool_results" ? next.results : [];
  if (message.blocks.length === 0) return null;
  return (
    <article class="answer" aria-label="Answer">
      {message.blocks.map((block, place) => {
        switch (block.blockType) {
          case "text":
            return <LongText key={place} text={block.data.text} kind="markdown" />;
          case "reasoning":
            return <Thinking key={place} text={block.data.text} />;
          case "tool_use":
            return (
              <ToolCard
                key={place}
                name={block.data.name}
                args={block.data.args}
                result={results.find(({ toolUseId }) => toolUseId === block.data.id)}
                facts={session.log.calls.get(block.data.id)}
              />
            );
          case "server_tool_content":
            return (
              <ToolCard
                key={place}
                name={block.data.kind}
                args={block.data.content}
                result={undefined}
                facts={{ state: "done" }}
              />
            );
        }
      })}
    </article>
  );
}

/** What the model thought, folded. */
function Thinking({ text }: { text: string }) {
  return text === "" ? null : (
    <details class="thinking">
      <summary>Thinking</summary>
      <LongText text={text} kind="markdown" />
    </details>
  );
}
