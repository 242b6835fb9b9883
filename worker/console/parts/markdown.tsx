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
  const painted = useRef<Painted | undefined>(undefined);
  useLayoutEffect(() => {
    const node = root.current;
    if (!node) return;
    const clean = plainText(text);
    let { current: state } = painted;
    if (!state || !clean.startsWith(state.text)) {
      node.replaceChildren();
      const renderer = markdownRenderer(node);
      state = { parser: smd.parser(renderer), renderer, text: "", ahead: new Text() };
    }
    state.ahead.remove();
    smd.parser_write(state.parser, clean.slice(state.text.length));
    state.text = clean;
    painted.current = state;
    if (!isWhole) {
      showAhead(state);
      return;
    }
    smd.parser_end(state.parser);
    painted.current = undefined;
    addCopyButtons(node);
  }, [text, isWhole]);
  useEffect(() => () => (painted.current = undefined), []);
  return <div class="markdown" ref={root} dir="auto" />;
}

/** How far a text was read. */
interface Painted {
  parser: smd.Parser;
  renderer: smd.Default_Renderer;
  text: string;
  /** The last characters, which the parser holds back until it knows that they are no mark. */
  ahead: Text;
}

/** Shows what the parser holds back, where it can only be text. */
function showAhead({ parser, renderer, ahead }: Painted): void {
  const { nodes, index } = renderer.data;
  ahead.data = /^[\p{L}\p{N}]+$/u.test(parser.pending) ? parser.pending : "";
  if (index > 0) nodes[index]?.append(ahead);
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
