import { LongText } from "../../../parts/long-text.tsx";
import type { Message } from "./transcript.ts";

type Blocks = Extract<Message, { role: "user" }>["content"];

const pictures: ReadonlySet<string> = new Set([
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
]);

/** What somebody said or a tool answered: text and images. */
export function Content({ content, kind }: { content: Blocks; kind: "markdown" | "plain" }) {
  if (typeof content === "string") return <LongText text={content} kind={kind} />;
  return (
    <>
      {content.map((block, index) =>
        block.type === "text" ? (
          <LongText key={index} text={block.text} kind={kind} />
        ) : pictures.has(block.mediaType) ? (
          <img
            key={index}
            class="picture"
            src={`data:${block.mediaType};base64,${block.data}`}
            alt={`Attachment ${index + 1}, ${block.mediaType}`}
          />
        ) : (
          <p key={index} class="faint">
            {block.mediaType} is not shown
          </p>
        ),
      )}
    </>
  );
}
