import { type ConnectOptions, connect, connectResiliently, type OnOpen } from "@orchastration/client";
import { VERSION } from "@orchastration/protocol";
import type { MethodName, Params, Result } from "@orchastration/protocol/contract";
import type { Paths } from "@orchastration/protocol/node";
import type { CommandTable } from "./command-spec.ts";
import type { Context, Surroundings } from "./context.ts";
import type { Globals } from "./global-options.ts";
import { createOutput } from "./output/output.ts";
import { withSpinner } from "./output/spinner.ts";
import { createTroubleNote } from "./output/trouble-note.ts";
import { findActivationSocket } from "./service/choose-service.ts";

export function createContext(surroundings: Surroundings, globals: Globals, commandTable: CommandTable): Context {
  const { env, cwd, daemonProgram, platform, signals, suspension } = surroundings;
  const place = surroundings.paths({ stateDir: globals.stateDir, configFile: globals.config });
  const daemonArgs = daemonArgsOf(place, globals.stateDir ?? env["ORCHASTRATION_STATE_DIR"]);
  const options: ConnectOptions = {
    stateDir: place.stateDir,
    ...(place.namedSocket === null ? {} : { socket: place.namedSocket }),
    clientInfo: { name: "orchastration", version: VERSION, actor: "person", ...tokenOf(env) },
    launch: { program: daemonProgram, args: daemonArgs, env, logFile: place.logFile },
    activationSocket: () => findActivationSocket({ platform, place, daemonProgram, daemonArgs }),
  };

  const context: Context = {
    platform,
    env,
    cwd,
    signals,
    suspension,
    daemonProgram,
    daemonArgs,
    paths: surroundings.paths,
    execute: surroundings.execute,
    // Looked at when first used: Node makes its standard streams then.
    get stdin() {
      return surroundings.stdin;
    },
    get stdout() {
      return surroundings.stdout;
    },
    get stderr() {
      return surroundings.stderr;
    },
    commandTable,
    globals,
    output: createOutput(surroundings, globals.quiet),
    colorWishes: { env, isAllowed: globals.color },
    place,
    caller: { cwd, configFile: place.namedConfigFile },
    async ask<M extends MethodName>(method: M, params: Params<M>): Promise<Result<M>> {
      if (globals.verbose) return await (await context.connect()).call(method, params);
      // The daemon may end, and a new one be asked, before the first has answered.
      let answer: Promise<Result<M>> | undefined;
      const onOpen: OnOpen = (client) => {
        answer = client.call(method, params);
        answer.catch(() => {});
      };
      const client = await withSpinner(context, connecting, connect({ ...options, onOpen }));
      return await (answer ?? client.call(method, params));
    },
    async connect({ mayLaunch, isSilent = false } = { mayLaunch: true }) {
      const connection = connect(mayLaunch ? options : { ...options, launch: false });
      if (isSilent) return await connection;
      const client = await withSpinner(context, connecting, connection);
      return globals.verbose ? (await import("./verbose-client.ts")).verbose(client, surroundings.stderr) : client;
    },
    connectResiliently() {
      const onTrouble = createTroubleNote(context.output);
      return withSpinner(context, connecting, connectResiliently({ ...options, onTrouble }));
    },
  };
  return context;
}

/** Inside an agent's session the command line speaks for the agent. */
function tokenOf(env: Surroundings["env"]): { readonly token?: string } {
  const token = env["ORCHASTRATION_TOKEN"];
  return token === undefined || token === "" ? {} : { token };
}

const connecting = () => "waiting for the daemon";

/** The default state directory is not passed on: a daemon that was told of one keeps its log inside it. */
function daemonArgsOf(place: Paths, givenStateDir: string | undefined): readonly string[] {
  const stateDir = givenStateDir === undefined || givenStateDir === "" ? [] : ["--state-dir", place.stateDir];
  const config = place.namedConfigFile === null ? [] : ["--config", place.namedConfigFile];
  return [...stateDir, ...config];
}
