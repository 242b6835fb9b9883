import type { PageProps } from "../../app/sections.ts";
import { SessionList } from "./list/session-list.tsx";
import { SessionPage } from "./live/session-page.tsx";

/** The sessions of the realm, or the one that the address names: `<id>`, or `<id>@<seq>`. */
export default function Sessions({ rest }: PageProps) {
  if (rest === "") return <SessionList />;
  const [, id = rest, seq] = /^(.*?)(?:@(\d+))?$/.exec(rest) ?? [];
  return <SessionPage key={id} id={id} seq={seq === undefined ? undefined : Number(seq)} />;
}
