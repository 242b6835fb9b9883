import { type Scenario, text } from "./story.node.ts";
import { broken, malformed, refusal } from "./vendor.node.ts";

const turn: Scenario["act"] = async (episode) => {
  await episode.open();
  await episode.turn();
};

/** Vendors that misbehave, while the server is killed as well. */
export const faultScenarios: readonly Scenario[] = [
  {
    name: "a storm of 429 and 529",
    plans: (vendor) => [
      (attempt) => {
        const refusals = [429, 529, 429];
        const status = refusals[attempt];
        return status === undefined ? vendor.says(text(0, attempt)) : refusal(status);
      },
    ],
    spots: ["event:retrying", "asked"],
    act: turn,
  },
  {
    name: "a stream cut before its first word, and after it",
    plans: (vendor, dice) => {
      const frames = 1 + dice.below(8);
      return [
        (attempt) => {
          const whole = vendor.says(text(0, attempt));
          if (attempt === 0) return broken(whole, 1, "reset");
          return attempt === 1 ? broken(whole, frames, "reset") : whole;
        },
      ];
    },
    spots: ["event:retrying", "event:run_failed"],
    act: turn,
  },
  {
    name: "frames that are no JSON",
    plans: (vendor, dice) => {
      const after = dice.below(6);
      return [(attempt) => malformed(vendor.says(text(0, attempt)), attempt === 0 ? after : 1e3)];
    },
    spots: ["event:retrying", "event:run_failed"],
    act: turn,
  },
  {
    name: "headers that never come, then silence in mid-stream",
    realm: "impatient",
    plans: (vendor, dice) => {
      const frames = 1 + dice.below(4);
      return [
        (attempt) => {
          if (attempt === 0) return { holdHeaders: true };
          const whole = vendor.says(text(0, attempt));
          return attempt === 1 ? broken(whole, frames, "hang") : whole;
        },
      ];
    },
    spots: ["asked", "event:retrying"],
    act: turn,
  },
  {
    name: "more crashes than a turn may have",
    kills: [
      { at: "asked", nth: 1 },
      ...Array.from({ length: 3 }, () => ({ at: "event:step_restarted", nth: 1 })),
    ],
    plans: (vendor) => [
      (attempt) => {
        const whole = vendor.says(text(0, attempt));
        return attempt < 4 ? broken(whole, 4, "hang") : whole;
      },
    ],
    act: turn,
  },
];
