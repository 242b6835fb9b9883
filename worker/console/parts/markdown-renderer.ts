import * as smd from "streaming-markdown";

const verbatim: ReadonlyMap<number, string> = new Map([
  // What `snake_case` looks like to the parser: the marks stay to be seen.
  [smd.ITALIC_UND, "_"],
  [smd.STRONG_UND, "__"],
]);

const headings: readonly number[] = [
  smd.HEADING_1,
  smd.HEADING_2,
  smd.HEADING_3,
  smd.HEADING_4,
  smd.HEADING_5,
  smd.HEADING_6,
];

/** The heading of the page, below which those of an answer stand. */
const PAGE_HEADING = 1;

/**
 * Builds a model's Markdown as elements under `root`, never from HTML. Links go to the web or to mail;
 * nothing is fetched, so an image elsewhere is a link to it.
 */
export function markdownRenderer(root: HTMLElement): smd.Default_Renderer {
  const renderer = smd.default_renderer(root);
  const open: number[] = [];
  let level = PAGE_HEADING;
  return {
    ...renderer,
    add_token(data, type) {
      if (type === smd.DOCUMENT) return;
      open.push(type);
      const mark = verbatim.get(type);
      const wanted = headings.indexOf(type) + 1;
      // No level is left out, or readers by ear would look for what is not there.
      if (wanted > 0) level = Math.min(6, level + 1, PAGE_HEADING + wanted);
      const made = wanted > 0 ? document.createElement(`h${level}`) : replacement(type);
      if (made) enter(data, made);
      else smd.default_add_token(data, type);
      if (mark) smd.default_add_text(data, mark);
      decorate(current(data), type);
    },
    end_token(data) {
      const type = open.pop();
      const mark = type === undefined ? undefined : verbatim.get(type);
      if (mark) smd.default_add_text(data, mark);
      const node = current(data);
      if (node instanceof HTMLAnchorElement && !node.href) unlink(node, type === smd.IMAGE);
      smd.default_end_token(data);
    },
    set_attr(data, type, value) {
      if (type !== smd.HREF && type !== smd.SRC) {
        if (type === smd.START) current(data).setAttribute("start", value);
        return;
      }
      const node = current(data);
      if (node instanceof HTMLAnchorElement) link(node, value, open.at(-1) === smd.IMAGE);
    },
  };
}

type Data = smd.Default_Renderer_Data;

function current({ nodes, index }: Data): HTMLElement {
  return nodes[index]!;
}

function enter(data: Data, node: HTMLElement): void {
  current(data).append(node);
  data.index += 1;
  data.nodes[data.index] = node;
}

function replacement(type: number): HTMLElement | undefined {
  if (verbatim.has(type)) return document.createElement("span");
  if (type === smd.IMAGE) return document.createElement("a");
  if (type === smd.EQUATION_BLOCK || type === smd.EQUATION_INLINE) {
    return document.createElement("code");
  }
  return undefined;
}

function decorate(node: HTMLElement, type: number): void {
  if (type === smd.CODE_FENCE || type === smd.CODE_BLOCK) {
    node.dir = "ltr";
    node.parentElement!.tabIndex = 0;
    return;
  }
  // Each paragraph is read in its own direction.
  if (type === smd.PARAGRAPH || type === smd.LIST_ITEM || type === smd.TABLE_CELL)
    node.dir = "auto";
  if (type === smd.CHECKBOX) node.setAttribute("aria-label", "Task");
}

function link(node: HTMLAnchorElement, address: string, isImage: boolean): void {
  const url = URL.parse(address);
  if (!url) return;
  if (isImage && /^data:image\/(?:png|jpeg|gif|webp);/.test(address)) {
    const image = document.createElement("img");
    image.src = address;
    image.alt = node.textContent;
    node.replaceChildren(image);
    return;
  }
  if (!["http:", "https:", "mailto:"].includes(url.protocol)) return;
  node.href = url.href;
  node.rel = "noopener noreferrer nofollow";
  node.target = "_blank";
  if (isImage) node.prepend("Image: ");
}

/** What only looked like a link, such as `list[i]`, is text. */
function unlink(node: HTMLAnchorElement, isImage: boolean): void {
  if (node.querySelector("img")) return;
  node.prepend(isImage ? "![" : "[");
  node.append("]");
}
