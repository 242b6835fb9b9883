import {
  type Capabilities,
  catalog,
  contractVersion,
  defaultProvider,
  isConfigured,
} from "../../sdk/contract/index.ts";
import type { Handlers } from "../call.ts";
import { realmOf, sessionAddress } from "../session-address.ts";

const available: readonly (readonly [id: string, description: string])[] = [
  ["sessions", "Durable sessions: create, resume, list, read, archive"],
  ["streaming", "Live events, resumable at any cursor"],
  ["structured_output", "Answers checked against a JSON Schema"],
  ["builtins", "Built-in tools: datetime, update_plan"],
  ["session_compaction", "Summaries of long transcripts"],
];

const absent: readonly (readonly [id: string, description: string])[] = [
  ["hooks", "Hooks around model and tool calls"],
  ["shell", "Shell tools"],
  ["comms", "Messages between sessions"],
  ["memory_store", "Semantic memory"],
  ["skills", "Instruction packs"],
  ["mcp_live", "Tools of MCP servers"],
];

export const hostHandlers = {
  "tickets/create": async ({ session_id }, caller) => {
    const { scopes, actor, origin, confines = {}, expiresAt } = caller;
    const { tickets } = realmOf(caller);
    if (session_id === undefined || confines.watching) {
      return tickets.issue({ scopes, actor, origin, confines, expiresAt });
    }
    const { sessionId } = sessionAddress(session_id, caller);
    const watching = { session_id: sessionId, after: 0, redact_tools: false };
    return tickets.issue({ scopes: ["read"], actor, origin, confines: { watching }, expiresAt });
  },

  "capabilities/get": async (_input, caller): Promise<Capabilities> => {
    const { env } = caller;
    const own = await realmOf(caller).credentials.own();
    const first = defaultProvider(env, own);
    return {
      contract_version: contractVersion,
      capabilities: [
        ...available.map(([id, description]) => ({
          id,
          description,
          status: "Available" as const,
        })),
        ...absent.map(([id, description]) => ({
          id,
          description,
          status: { NotCompiled: { feature: id } },
        })),
      ],
      providers: [...catalog.keys()].map((provider) => ({
        provider,
        configured: own.includes(provider) || isConfigured(env, provider),
        is_default: first === provider,
      })),
    };
  },

  "skills/list": async () => ({ skills: [] }),
} satisfies Partial<Handlers>;
