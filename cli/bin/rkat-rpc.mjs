#!/usr/bin/env node
// The name that the official SDKs look for: `rkat rpc` under another name.
process.argv.splice(2, 0, "rpc");
await import("./rkat.mjs");
