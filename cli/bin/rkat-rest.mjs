#!/usr/bin/env node
// The original's name for `rkat serve`.
process.argv.splice(2, 0, "serve");
await import("./rkat.mjs");
