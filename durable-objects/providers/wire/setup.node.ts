import type { TestProject } from "vitest/node";
import { startWire } from "./server.node.ts";

/** Vitest's global set-up: one wire server for all test files, its address injected as `wireUrl`. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const wire = await startWire();
  project.provide("wireUrl", wire.url);
  return wire.close;
}
