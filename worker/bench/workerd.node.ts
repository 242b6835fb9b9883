import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";

/** A Worker for raw workerd: its modules by file name (the first is the entry), bindings and objects. */
export interface WorkerSetup {
  modules: Record<string, string>;
  bindings: Record<string, string>;
  /** Binding names by class. */
  objects?: Record<string, string>;
  /** What V8's heap may take; by default as much as the machine allows. */
  heapMiB?: number;
  compatibility: { date: string; flags: readonly string[] };
}

// Linux counts a process's CPU time in these, whatever the kernel's own tick.
const MS_PER_CLOCK_TICK = 10;

/** A Worker running in raw workerd, without anything of a development server around it. */
export class Workerd implements Disposable {
  readonly #folder: string;
  #process: ChildProcess | undefined;
  #port = 0;

  constructor(folder: string, setup: WorkerSetup) {
    this.#folder = folder;
    mkdirSync(join(folder, "objects"), { recursive: true });
    for (const [name, text] of Object.entries(setup.modules))
      writeFileSync(join(folder, name), text);
    writeFileSync(join(folder, "config.capnp"), config(setup));
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Starts it on a port of its own; once more after `kill`, on the same state. */
  async start(): Promise<void> {
    const log = openSync(join(this.#folder, "log.txt"), "a");
    const file = join(this.#folder, "config.capnp");
    const flags = ["--experimental", "--control-fd=3"];
    const child = spawn(binary(), ["serve", file, ...flags], {
      cwd: this.#folder,
      stdio: ["ignore", log, log, "pipe"],
    });
    this.#process = child;
    // Just asked to be a pipe that we read.
    const lines = createInterface(child.stdio[3] as Readable);
    for await (const line of lines) {
      const { event, port } = JSON.parse(line);
      if (event !== "listen") continue;
      this.#port = port;
      return;
    }
    throw new Error(
      `workerd did not start:\n${readFileSync(join(this.#folder, "log.txt"), "utf8")}`,
    );
  }

  /** CPU time used so far, all threads. */
  cpuMs(): number {
    const stat = readFileSync(`/proc/${this.#process?.pid}/stat`, "latin1");
    // The second field is the program's name in brackets; utime and stime are the 14th and the 15th.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * MS_PER_CLOCK_TICK;
  }

  /** Resident memory now; from here on the peak is counted afresh. */
  startPeak(): number {
    writeFileSync(`/proc/${this.#process?.pid}/clear_refs`, "5");
    return this.#resident("VmRSS");
  }

  /** The most resident memory since `startPeak`, in bytes. */
  peakBytes(): number {
    return this.#resident("VmHWM");
  }

  #resident(name: "VmRSS" | "VmHWM"): number {
    const status = readFileSync(`/proc/${this.#process?.pid}/status`, "latin1");
    const [, kibibytes] = new RegExp(`^${name}:\\s*(\\d+) kB`, "m").exec(status) ?? [];
    return Number(kibibytes) * 1024;
  }

  /** Ends it as a crash would. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  [Symbol.dispose](): void {
    this.#process?.kill("SIGKILL");
  }
}

/** The same binary that `wrangler dev` and Miniflare run. */
function binary(): string {
  const required = createRequire(fileURLToPath(import.meta.resolve("miniflare")));
  const { default: path }: { default: string } = required("workerd");
  return path;
}

function config({ modules, bindings, objects = {}, heapMiB, compatibility }: WorkerSetup): string {
  const sources = Object.keys(modules).map(
    (name) => `(name = "${name}", esModule = embed "${name}")`,
  );
  const values = [
    ...Object.entries(bindings).map(([name, text]) => `(name = "${name}", text = "${text}")`),
    ...Object.entries(objects).map(
      ([className, name]) => `(name = "${name}", durableObjectNamespace = "${className}")`,
    ),
  ];
  const namespaces = Object.keys(objects).map(
    (className) =>
      `(className = "${className}", uniqueKey = "bench-${className}", enableSql = true)`,
  );
  const flags = heapMiB === undefined ? [] : [`--max-old-space-size=${heapMiB}`];
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  v8Flags = ${JSON.stringify(flags)},
  services = [(name = "main", worker = .w),
    (name = "disk", disk = (path = "objects", writable = true)),
    (name = "internet", network = (allow = ["public", "private", "local"]))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]);
const w :Workerd.Worker = (
  modules = [${sources.join(", ")}],
  compatibilityDate = "${compatibility.date}", compatibilityFlags = ${JSON.stringify(compatibility.flags)},
  bindings = [${values.join(", ")}],
  durableObjectNamespaces = [${namespaces.join(", ")}],
  durableObjectStorage = (localDisk = "disk"));
`;
}
