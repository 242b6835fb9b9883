import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
} from "@tanstack/virtual-core";
import { useCallback, useLayoutEffect, useReducer, useRef } from "preact/hooks";
import type { RefObject } from "preact";

/** A row that nobody has seen yet is taken to be this high. */
const ESTIMATE = 120;
const LIVE = "live";
/** So near to the end counts as being there. */
const NEAR = 24;

/** Rows of which only those in view are on the page, and whether the view follows their end. */
export interface VirtualRows {
  virtualizer: Virtualizer<HTMLElement, HTMLElement>;
  isFollowing: boolean;
  /** Goes to the end, and stays there. */
  toEnd: () => void;
  /** Shows a row, and stays there. */
  toRow: (index: number) => void;
}

/**
 * Keeps rows in view on the page; of `length`, those after the `committed` messages are what goes on. It stays
 * at the end only while the reader is there.
 */
export function useVirtualRows(
  scroller: RefObject<HTMLElement | null>,
  length: number,
  committed: number,
): VirtualRows {
  const [, redraw] = useReducer((value: number) => value + 1, 0);
  const following = useRef(true);
  // A new function would have all rows placed anew with each drawing.
  const keyOf = useCallback((index: number) => (index < committed ? index : LIVE), [committed]);
  const rows = useRef<Virtualizer<HTMLElement, HTMLElement> | undefined>(undefined);
  const options = {
    count: length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ESTIMATE,
    getItemKey: keyOf,
    overscan: 6,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    onChange: () => redraw(0),
  };
  rows.current ??= new Virtualizer(options);
  const virtualizer = rows.current;
  virtualizer.setOptions(options);
  // Before the virtualizer listens: what it draws anew must know already that the reader has left the end.
  const reader = useRef<Reader | undefined>(undefined);
  useLayoutEffect(() => {
    const watched = watchReader(scroller.current, following, () => redraw(0));
    reader.current = watched;
    return () => watched?.leave();
  }, []);
  useLayoutEffect(() => virtualizer._didMount(), []);
  useLayoutEffect(() => {
    // The reader may have gone up a moment ago, and the browser not have told yet.
    reader.current?.look();
    virtualizer._willUpdate();
    if (following.current) toBottom(scroller.current);
  });
  return {
    virtualizer,
    isFollowing: following.current,
    toEnd: () => {
      following.current = true;
      redraw(0);
    },
    toRow: (index) => {
      following.current = false;
      virtualizer.scrollToIndex(index, { align: "start" });
    },
  };
}

/** Somebody at a page: `look` finds out whether they have just left its end, `leave` ends the watch. */
interface Reader {
  look: () => void;
  leave: () => void;
}

/** Notices when the reader leaves the end or comes back to it; what the page scrolls by itself never goes up. */
function watchReader(
  element: HTMLElement | null,
  following: { current: boolean },
  changed: () => void,
): Reader | undefined {
  if (!element) return undefined;
  let last = element.scrollTop;
  const isUp = (): boolean => element.scrollTop < last - 1;
  const isNear = (): boolean =>
    element.scrollHeight - element.clientHeight - element.scrollTop <= NEAR;
  const follow = (is: boolean): void => {
    if (is === following.current) return;
    following.current = is;
    changed();
  };
  const scrolled = (): void => {
    follow(isNear() || (following.current && !isUp()));
    last = element.scrollTop;
  };
  element.addEventListener("scroll", scrolled, { passive: true });
  return {
    look: () => {
      if (isUp() && !isNear()) follow(false);
    },
    leave: () => element.removeEventListener("scroll", scrolled),
  };
}

function toBottom(element: HTMLElement | null): void {
  if (element) element.scrollTop = element.scrollHeight;
}
