import { parseArgs } from "node:util";
import { mutations } from "./mutation-list.node.ts";
import { told } from "./mutant.node.ts";

// npm run chaos:mutations: switches safeguards off, one at a time, in a copy of the sources, and shows
// that the suite notices each, and nothing in an unchanged copy. Ends with an error otherwise.

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    kills: { type: "string", default: "60" },
    only: { type: "string", default: "" },
  },
});

const args = ["--seed", values.seed, "--kills", values.kills];
const chosen = mutations.filter(({ name }) => name.includes(values.only));
const isRight = await told({ entry: "worker/chaos/chaos.node.ts", args }, chosen);
process.exitCode = isRight ? 0 : 1;
