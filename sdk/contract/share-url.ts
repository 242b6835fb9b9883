/**
 * The link that shows a shared session in the console of a deployment. The token stands in the fragment
 * and nowhere else: browsers neither send a fragment nor name it as a referrer, so no log has it.
 */
export function shareUrl(host: string, token: string): string {
  return `${host}/console/#share=${token}`;
}

/** The token in a page's `location.hash`, if the page was opened by such a link. */
export function sharedToken(hash: string): string | undefined {
  return new URLSearchParams(hash.slice(1)).get("share") ?? undefined;
}
