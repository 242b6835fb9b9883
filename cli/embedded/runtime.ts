import { createServer } from "node:net";
import { ConsoleFiles } from "./console-files.ts";
import { guardRuntime } from "./runtime-guard.ts";
import type { StateRoot } from "./state-root.ts";
import { workerBundle } from "./worker-bundle.ts";
import { readWranglerSettings } from "./wrangler-settings.ts";

/** Where to listen, where to remember, and what the Worker is told. */
export interface RuntimeOptions {
  host: string;
  port: number;
  root: StateRoot;
  bindings: Record<string, string>;
  /** A server shows all that the Worker logs; under another command only problems are of interest. */
  logs: "all" | "problems";
}

/** The Worker and its objects, running on this machine. */
export interface Runtime {
  port: number;
  stop(): Promise<void>;
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Starts the deployment's own bundle in workerd. */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  await refuseTakenPort(options);
  await guardRuntime(options.root.runtimeNote);
  const dropSignalListeners = watchSignalListeners();
  const miniflare = await createMiniflare(options);
  // Miniflare would end the process on the first signal; when to stop is the command's decision.
  dropSignalListeners();
  const stop = async () => await miniflare.dispose();
  try {
    const { port } = await miniflare.ready;
    return { port: Number(port), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function createMiniflare({ host, port, root, bindings, logs }: RuntimeOptions) {
  const { convertV4MiniflareOptions, Log, LogLevel, Miniflare, Response } =
    await import("miniflare");
  const files = new ConsoleFiles();
  const settings = readWranglerSettings();
  const contents = await workerBundle(settings.main);
  const options = convertV4MiniflareOptions({
    host,
    port,
    cf: false,
    log: new Log(LogLevel.ERROR),
    telemetry: { enabled: false },
    // Standard output belongs to the command's answer.
    handleStructuredLogs: ({ level, message }) => {
      const isProblem = level === "error" || level === "warn";
      // How a turn ended is what the command itself tells.
      if (logs === "all" || (isProblem && !message.startsWith('{"event":"turn"'))) {
        process.stderr.write(`${message}\n`);
      }
    },
    resourcePersistencePath: root.objects,
    name: settings.name,
    modules: [{ type: "ESModule", path: "worker.js", contents }],
    compatibilityDate: settings.compatibility_date,
    compatibilityFlags: settings.compatibility_flags,
    bindings,
    serviceBindings: {
      // Miniflare's own assets would stand in front of every request, not of the console's alone.
      ASSETS: async ({ url }) => {
        const file = await files.find(new URL(url).pathname);
        if (!file) return new Response(null, { status: 404 });
        return new Response(file.content, { headers: { "content-type": file.type } });
      },
    },
    durableObjects: Object.fromEntries(
      settings.durable_objects.bindings.map(({ name, class_name: className }) => [
        name,
        { className, useSQLite: true },
      ]),
    ),
  });
  return new Miniflare(options);
}

/** Returns what removes every signal listener added from now on. */
function watchSignalListeners(): () => void {
  const before = signals.map((signal) => [signal, process.listeners(signal)] as const);
  return () => {
    for (const [signal, known] of before) {
      const added = process.listeners(signal).filter((listener) => !known.includes(listener));
      for (const listener of added) process.removeListener(signal, listener);
    }
  };
}

/** Asked before the runtime starts, because this takes a millisecond and names the port plainly. */
async function refuseTakenPort({ host, port }: RuntimeOptions): Promise<void> {
  if (port === 0) return;
  const probe = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  probe.once("error", reject).listen(port, host, () => resolve());
  try {
    await promise;
  } catch (error) {
    const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    throw taken
      ? new Error(`port ${port} of ${host} is in use; choose another with --port`)
      : error;
  }
  const closed = Promise.withResolvers<void>();
  probe.close(() => closed.resolve());
  await closed.promise;
}
