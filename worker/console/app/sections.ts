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
];
