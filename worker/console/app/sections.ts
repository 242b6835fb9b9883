import type { ComponentType } from "preact";
import type { Access } from "./access.ts";

/** What a section's page is given. */
export interface PageProps {
  /** What stands after the section in the address: `<id>@<seq>` in `#/sessions/<id>@<seq>`. */
  rest: string;
}

/** A page of the navigation; its code is loaded when it is opened. */
export interface Section {
  /** Its name in the address. */
  name: string;
  title: string;
  /** Whether it is of any use to the holder of this token. */
  isFor: (access: Access) => boolean;
  load: () => Promise<{ default: ComponentType<PageProps> }>;
}

/** All pages, in the order of the navigation. */
export const sections: readonly Section[] = [
  {
    name: "sessions",
    title: "Sessions",
    isFor: () => true,
    load: () => import("../views/sessions/sessions.tsx"),
  },
  {
    name: "usage",
    title: "Usage",
    isFor: mayReadRealm,
    load: () => import("../views/usage/usage.tsx"),
  },
  {
    name: "config",
    title: "Config",
    isFor: mayReadRealm,
    load: () => import("../views/config/config.tsx"),
  },
  {
    name: "tokens",
    title: "Tokens",
    isFor: isOfRealm,
    load: () => import("../views/tokens/tokens.tsx"),
  },
  {
    name: "audit",
    title: "Audit",
    isFor: isOfRealm,
    load: () => import("../views/audit/audit.tsx"),
  },
];

/** Shares and tokens with labels see sessions, and nothing else of the realm. */
function isOfRealm({ self }: Access): boolean {
  return self.watching === undefined && self.labels === undefined;
}

function mayReadRealm(access: Access): boolean {
  return isOfRealm(access) && access.self.scopes.includes("read");
}
