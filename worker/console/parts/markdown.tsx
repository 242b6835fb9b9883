import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import * as smd from "streaming-markdown";
import { copyText } from "./copy-button.tsx";
import { markdownRenderer } from "./markdown-renderer.ts";
import { plainText } from "./plain-text.ts";

interface MarkdownProps {
  text: string;
  /** Whether no more will come. */
  isWhole: boolean;
}

/** Markdown as it comes: only what is new is parsed and added. */
export function Markdown({ text, isWhole }: MarkdownProps) {
  const root = useRef<HTMLDivElement>(null);
  const painted = useRef<{ parser: smd.Parser; text: string } | undefined>(undefined);
  useLayoutEffect(() => {
    const node = root.current;
    if (!node) return;
    const clean = plainText(text);
    let { current: state } = painted;
    if (!state || !clean.startsWith(state.text)) {
      node.replaceChildren();
      state = { parser: smd.parser(markdownRenderer(node)), text: "" };
    }
    smd.parser_write(state.parser, clean.slice(state.text.length));
    painted.current = { parser: state.parser, text: clean };
    if (!isWhole) return;
    smd.parser_end(state.parser);
    painted.current = undefined;
    addCopyButtons(node);
  }, [text, isWhole]);
  useEffect(() => () => (painted.current = undefined), []);
  return <div class="markdown" ref={root} dir="auto" />;
}

function addCopyButtons(root: HTMLElement): void {
  for (const code of root.querySelectorAll("pre")) {
    const frame = document.createElement("div");
    frame.className = "code";
    const button = document.createElement("button");
    button.className = "quiet copy";
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", () => void copyText(code.textContent, "Code"));
    code.replaceWith(frame);
    frame.append(code, button);
  }
}
