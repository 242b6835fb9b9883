import { parseArgs } from "node:util";
import { type Mutation, told } from "../chaos/mutant.node.ts";

// node worker/fuzz/mutations.node.ts: takes the walls between realms down, one at a time, in a copy of
// the sources, and shows that prying then finds something. Ends with an error otherwise.

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    cases: { type: "string", default: "1000" },
    only: { type: "string", default: "" },
  },
});

const named = ["env.SESSIONS.getByName(`${realmId}/${sessionId}`)"];
const nameless = ["env.SESSIONS.getByName(sessionId)"];

const walls: readonly Mutation[] = [
  {
    name: "the realm in a session object's name",
    file: "worker/session-address.ts",
    from: ["env.SESSIONS.getByName(`${realm}/${sessionId}`)"],
    to: ["env.SESSIONS.getByName(sessionId)"],
    // The objects name each other the same way.
    also: [
      { file: "durable-objects/realm/realm.ts", from: named, to: nameless },
      {
        file: "durable-objects/session/neighbours.ts",
        from: ["SESSIONS.getByName(`${realmId}/${sessionId}`)"],
        to: ["SESSIONS.getByName(sessionId)"],
      },
    ],
  },
  {
    name: "the realm in what a key becomes",
    file: "worker/keyed-id.ts",
    from: ["uuidv5(`${realm}/${key}`, NAMESPACE)"],
    to: ["uuidv5(key, NAMESPACE)"],
  },
  {
    name: "the realm of an access token",
    file: "worker/token-grants.ts",
    from: ["if (asked !== undefined && asked !== realm) throw boundTo(realm);"],
    to: [""],
  },
  {
    name: "the realm of a ticket",
    file: "worker/auth.ts",
    from: ["realm === undefined || (asked !== undefined && asked !== realm)"],
    to: ["realm === undefined"],
  },
  {
    name: "the bounds of a caller's realm",
    file: "worker/realm-access.ts",
    from: ["if (reachesAllRealms(caller)) return"],
    to: ["if (realmId) return"],
  },
  {
    name: "the bounds of a list of realms",
    file: "worker/realm-access.ts",
    from: ['return reach === "deployment"'],
    to: ["return reach !== undefined"],
  },
];

const chosen = walls.filter(({ name }) => name.includes(values.only));
const args = ["--seed", values.seed, "--cases", values.cases, "--only", "tenancy"];
const isRight = await told({ entry: "worker/fuzz/fuzz.node.ts", args }, chosen);
process.exitCode = isRight ? 0 : 1;
