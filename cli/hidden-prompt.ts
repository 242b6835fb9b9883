import { createInterface } from "node:readline";
import { Writable } from "node:stream";

/** Asks for a secret on the terminal, which does not show what is typed. @throws Error on Ctrl-C */
export async function askHidden(question: string): Promise<string> {
  process.stderr.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const prompt = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  try {
    return await new Promise((resolve, reject) => {
      prompt.once("line", resolve);
      prompt.once("SIGINT", () => reject(new Error("nothing was entered")));
      prompt.once("close", () => reject(new Error("nothing was entered")));
    });
  } finally {
    prompt.close();
    process.stderr.write("\n");
  }
}
