import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { peekFirstLine } from "../src/first-line.ts";

async function pair(): Promise<{ client: Socket; server: Socket }> {
  const listener = createServer();
  const path = join(temporaryDirectory(), "s");
  listener.listen(path);
  await once(listener, "listening");
  const accepted = once(listener, "connection");
  const client = connect(path);
  const [server] = await accepted;
  listener.close();
  return { client, server };
}

test("the first line is seen and nothing is taken, however it arrives", async () => {
  const { client, server } = await pair();
  const line = peekFirstLine(server);
  for (const byte of Buffer.from('{"attach":"漢"}')) client.write(Buffer.of(byte));
  client.end("\nsecond\n");
  expect(await line).toBe('{"attach":"漢"}');
  expect(await text(server)).toBe('{"attach":"漢"}\nsecond\n');
});

test("a reader of the socket's data gets everything, too", async () => {
  const { client, server } = await pair();
  client.write("first\nsecond\n");
  expect(await peekFirstLine(server)).toBe("first");
  const [bytes] = await once(server, "data");
  expect(String(bytes)).toBe("first\nsecond\n");
  client.write("third");
  const [more] = await once(server, "data");
  expect(String(more)).toBe("third");
  client.destroy();
});

test("a socket that closes before has none", async () => {
  const { client, server } = await pair();
  const line = peekFirstLine(server);
  client.end("half a line");
  expect(await line).toBeUndefined();
  server.destroy();
});

test("a line without end is passed on as none of ours", async () => {
  const { client, server } = await pair();
  client.end("x".repeat(200_000));
  expect(await peekFirstLine(server)).toBe("");
  expect((await text(server)).length).toBe(200_000);
});
