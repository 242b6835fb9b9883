import type { ServerResponse } from "node:http";
import { Channel } from "../../durable-objects/providers/wire/channel.node.ts";
import { play } from "../../durable-objects/providers/wire/play.node.ts";
import type { Reply } from "../../durable-objects/providers/wire/script.ts";
import type { Vendor } from "./vendor.node.ts";

/** What the vendor answers to one model step, by how often it was asked for it before. */
export type Plan = (attempt: number) => Reply;

/** One request that a vendor was sent: a model step that was paid for. */
export interface Asked {
  body: string;
  /** Which model step of the session; a repeated request is the same step. */
  step: number;
  attempt: number;
}

/** The gates of replies; whoever reaches one is told of. */
class Gates extends Channel {
  readonly #reached: (gate: string) => void;

  constructor(reached: (gate: string) => void) {
    super({ replies: [] });
    this.#reached = reached;
  }

  override gate(name: string): Promise<void> {
    this.#reached(name);
    return super.gate(name);
  }
}

/** One session's vendor: answers model steps as planned, and keeps the ledger of what it was asked. */
export class Upstream {
  readonly key = crypto.randomUUID();
  readonly ledger: Asked[] = [];
  readonly vendor: Vendor;
  /** Called with `asked` for each request, and with a gate's name when a reply has come that far. */
  onMoment: (moment: string) => void = () => {};
  readonly #plans: readonly Plan[];
  readonly #gates = new Gates((gate) => this.onMoment(gate));

  constructor(vendor: Vendor, plans: readonly Plan[]) {
    this.vendor = vendor;
    this.#plans = plans;
  }

  get model(): string {
    return `${this.vendor.prefix}-${this.key}`;
  }

  open(gate: string): void {
    this.#gates.openGate(gate);
  }

  async answer(body: string, response: ServerResponse): Promise<void> {
    const earlier = this.ledger.filter((asked) => asked.body === body);
    const steps = new Set(this.ledger.map((asked) => asked.step)).size;
    const step = earlier[0]?.step ?? steps;
    const attempt = earlier.length;
    this.ledger.push({ body, step, attempt });
    this.onMoment("asked");
    const plan = this.#plans[step] ?? ((again) => this.vendor.says(`more ${step}.${again}`));
    await play(plan(attempt), response, this.#gates);
  }
}
