import type { PageProps } from "../../app/sections.ts";

/** The sessions of the realm, or the one that the address names. */
export default function Sessions({ rest }: PageProps) {
  return <h1>{rest || "Sessions"}</h1>;
}
