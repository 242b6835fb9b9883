// All that needs the library: see `oauth.ts` for when it is loaded.
export { askConsent, takeConsent } from "./consent.ts";
export { resourceMetadata, serverMetadata } from "./discovery.ts";
export { register } from "./registration.ts";
export { tokenEndpoint } from "./token-endpoint.ts";
