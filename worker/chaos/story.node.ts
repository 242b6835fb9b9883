import type { Dice } from "./dice.node.ts";
import type { Episode } from "./episode.node.ts";
import type { KillPoint } from "./killer.node.ts";
import type { Starter } from "./turns.node.ts";
import type { Plan } from "./upstream.node.ts";
import { held, type Vendor } from "./vendor.node.ts";

/** A kind of story: what the vendor answers, and what clients do. */
export interface Scenario {
  name: string;
  /** Which of the realms' settings it needs. */
  realm?: "chaos" | "impatient";
  plans(vendor: Vendor, dice: Dice): readonly Plan[];
  act(episode: Episode): Promise<void>;
  /** Moments of its own that are good for a kill, beside those that every story has. */
  spots?: readonly string[];
  /** How its turns are asked for, if not by dice. */
  starter?: Starter;
  /** Exactly these kills, instead of some by dice. */
  kills?: readonly KillPoint[];
  isArchived?: boolean;
}

/** A text that tells which step and which try it is of, so that doubled and lost words show. */
export function text(step: number, attempt: number): string {
  const words = Array.from({ length: 12 }, (_, at) => `s${step}t${attempt}w${at} ö€`);
  return words.join(" ");
}

/** An answer in words; its first try stops once in the middle of its bytes. */
export function words(vendor: Vendor, step: number, at: number): Plan {
  return (attempt) => {
    const reply = vendor.says(text(step, attempt));
    return attempt === 0 ? held(reply, { gate: "cut", at }) : reply;
  };
}
