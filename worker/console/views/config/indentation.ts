const STEP = "  ";

/** Does what editors do at Tab, Shift+Tab and Enter. @returns whether the key is dealt with */
export function indented(field: HTMLTextAreaElement, { key, shiftKey }: KeyboardEvent): boolean {
  if (key === "Tab") return shiftKey ? outdent(field) : indent(field);
  if (key === "Enter" && !shiftKey) return breakLine(field);
  return false;
}

/** Moves all marked lines to the right, or writes a step where nothing is marked. */
function indent(field: HTMLTextAreaElement): boolean {
  const { selectionStart: start, selectionEnd: end } = field;
  if (start === end) return write(STEP);
  return changeLines(field, (line) => (line === "" ? line : STEP + line));
}

function outdent(field: HTMLTextAreaElement): boolean {
  return changeLines(field, (line) => line.replace(/^ {1,2}|^\t/, ""));
}

/** A new line begins as far in as the one before, and a step further after an opening bracket. */
function breakLine({ value, selectionStart }: HTMLTextAreaElement): boolean {
  const line = value.slice(value.lastIndexOf("\n", selectionStart - 1) + 1, selectionStart);
  const [space = ""] = /^\s*/.exec(line) ?? [];
  const isOpened = /[[{]\s*$/.test(line);
  return write(`\n${space}${isOpened ? STEP : ""}`);
}

function changeLines(field: HTMLTextAreaElement, change: (line: string) => string): boolean {
  const { value, selectionStart, selectionEnd } = field;
  const start = value.lastIndexOf("\n", selectionStart - 1) + 1;
  const next = value.indexOf("\n", selectionEnd);
  const end = next === -1 ? value.length : next;
  const changed = value.slice(start, end).split("\n").map(change).join("\n");
  if (changed === value.slice(start, end)) return true;
  field.setSelectionRange(start, end);
  write(changed);
  if (selectionStart !== selectionEnd) field.setSelectionRange(start, start + changed.length);
  return true;
}

/** Deprecated, and without a successor: only so does what is written stay undoable. */
function write(text: string): boolean {
  return document.execCommand("insertText", false, text);
}
