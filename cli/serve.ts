import { configuredProviders, isOpen } from "./embedded/bindings.ts";
import { type EmbeddedServer, startServer } from "./embedded/server.ts";
import { openStateRoot } from "./embedded/state-root.ts";
import { exitCodes } from "./exit-codes.ts";
import { defaultRealm, type GlobalFlags, instanceFlags, requestedRealm } from "./global-flags.ts";
import { checkedRealm } from "./realm-name.ts";

/** The flags of `rkat serve`. */
export interface ServeFlags extends GlobalFlags {
  host: string;
  port: number;
}

/** Runs the server in the foreground until it is told to stop. */
export async function serve(flags: ServeFlags): Promise<number> {
  const { host, port } = flags;
  const realm = checkedRealm((await requestedRealm(flags)) ?? defaultRealm(flags));
  const root = openStateRoot(flags.stateRoot);
  const server = await startServer(root, {
    host,
    port,
    realm,
    logs: "all",
    ...instanceFlags(flags),
  });
  const stopped = stopOnSignal(server);
  process.stdout.write(`listening on ${server.url}\n`);
  process.stderr.write(
    `${startupNotes({ host, realm, url: server.url, stateRoot: root.path }).join("\n")}\n`,
  );
  return await stopped;
}

interface Started {
  host: string;
  realm: string;
  url: string;
  stateRoot: string;
}

function startupNotes({ host, realm, url, stateRoot }: Started): string[] {
  const providers = configuredProviders();
  return [
    `console at ${url}/console/`,
    providers.length > 0
      ? `providers with keys: ${providers.join(", ")}`
      : "no provider key is set: the built-in demo script answers (set ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY)",
    `realm ${realm}, state in ${stateRoot}`,
    isOpen(host)
      ? "access is open to this machine (set RKAT_ADMIN_TOKEN to require a token)"
      : "access needs a token",
  ];
}

/** The first signal stops the server in order; a second one does not wait for that. */
function stopOnSignal(server: EmbeddedServer): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let stopping = false;
  const stop = () => {
    if (stopping) process.exit(exitCodes.error);
    stopping = true;
    server.stop().then(() => resolve(exitCodes.ok), reject);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
  // The launcher of an old Node is gone: nobody is left to pass signals on.
  process.on("disconnect", stop);
  return promise;
}
