#!/usr/bin/env node
// The original's name for `rkat mcp`.
process.argv.splice(2, 0, "mcp");
await import("./rkat.mjs");
