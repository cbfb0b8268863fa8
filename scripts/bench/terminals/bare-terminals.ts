/** What terminals cost in Node when nothing is decided and nothing recorded: the floor under ours. A program of its own. */
import { writeSync } from "node:fs";
import { connect, createServer } from "node:net";
import { type IPty, spawn } from "node-pty";

const [mode = "", first = "", file = "", ...args] = process.argv.slice(2);
const open = (): IPty => spawn(file, args, { cols: 80, rows: 24, encoding: null });

switch (mode) {
  case "serve":
    serve(first);
    break;
  case "attach":
    attach(first);
    break;
  case "start":
    start(Number(first));
    break;
}

/** Serves one terminal on a socket, to one client. */
function serve(socket: string): void {
  const terminal = open() as IPty & { readonly fd: number };
  terminal.onExit(() => process.exit(0));
  const server = createServer((client) => {
    client.on("data", (bytes) => writeSync(terminal.fd, bytes));
    client.on("close", () => process.exit(0));
    terminal.onData((bytes) => client.write(bytes));
  });
  server.listen(socket, () => process.stdout.write("ready"));
}

/** Shows it in the terminal it runs in. */
function attach(socket: string): void {
  process.stdin.setRawMode(true);
  const server = connect(socket);
  process.stdin.on("data", (bytes) => server.write(bytes));
  server.on("data", (bytes) => process.stdout.write(bytes));
  server.on("close", () => process.exit(0));
}

/** Starts so many, prints how long that took in milliseconds, and ends them. */
function start(count: number): void {
  const begin = performance.now();
  const terminals = Array.from({ length: count }, open);
  process.stdout.write(String(performance.now() - begin));
  for (const { pid } of terminals) process.kill(pid);
  process.exit(0);
}
