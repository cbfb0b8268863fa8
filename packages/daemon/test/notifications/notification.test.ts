import fc from "fast-check";
import { expect, test } from "vitest";
import { callOnDarwin } from "../../src/notifications/desktop-darwin.ts";
import { callOnLinux, hasLinuxDesktop } from "../../src/notifications/desktop-linux.ts";
import { callOnWindows } from "../../src/notifications/desktop-windows.ts";
import { toNotification } from "../../src/notifications/notification.ts";
import { newsOf } from "./settings.ts";

test("one task is told by name, with the reason", () => {
  expect(toNotification(newsOf({ reason: "asks for permission" }))).toMatchObject({
    title: "fix-login is idle",
    body: "1-fix-login: Fix the login (asks for permission)",
  });
  expect(toNotification(newsOf({ kind: "failed" })).title).toBe("fix-login has failed");
  expect(toNotification(newsOf({ kind: "completed" })).title).toBe("fix-login is completed");
});

test("several are counted, and the first of them named", () => {
  const [first] = newsOf({});
  const others = [2, 3, 4].flatMap((id) => newsOf({ id, kind: id === 4 ? "failed" : "idle" }));
  expect(toNotification([first, ...others]).title).toBe("1 task failed, 3 idle");
  const many = Array.from({ length: 30 }, (_, index) => newsOf({ id: index + 2, title: "" })).flat();
  const { title, body } = toNotification([first, ...many]);
  expect(title).toBe("31 tasks idle");
  expect(body).toBe("1-fix-login: Fix the login · 2-fix-login · 3-fix-login · 4-fix-login · 5-fix-login · and 26 more");
});

const hostile = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "\u001b]52;c;eA==\u0007",
    "-rf",
    "$(touch pwned)",
    "%PATH%",
    "\u202egnp",
    "a\r\nb",
    "\u009b31m",
    "x".repeat(5000),
  ),
);

test("whatever a title says, the texts are single short lines that are no options", () => {
  fc.assert(
    fc.property(hostile, hostile, (title, reason) => {
      const shown = toNotification(newsOf({ title, reason }));
      for (const text of [shown.title, shown.body]) {
        expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        expect(text).toMatch(/^[a-z0-9]/);
        expect(text.length).toBeLessThanOrEqual(160);
      }
    }),
  );
});

test("what desktops run is the same for every text: texts are arguments or variables", () => {
  const plain = toNotification(newsOf({ title: "x" }));
  const evil = toNotification(newsOf({ title: '"; do shell script "touch pwned" -- <b>&$(x)`x`' }));
  const program = (argv: readonly string[], { title, body }: typeof plain) =>
    argv.filter((item) => item !== title && item !== body);
  expect(program(callOnDarwin(evil).argv, evil)).toEqual(program(callOnDarwin(plain).argv, plain));
  expect(callOnWindows(evil, {}).argv).toEqual(callOnWindows(plain, {}).argv);
  expect(callOnWindows(evil, {}).env["ORCHASTRATION_NOTIFY_BODY"]).toBe(evil.body);
  expect(callOnLinux(evil).argv.slice(0, -1)).toEqual([
    "notify-send",
    "--app-name=orchastration",
    "--",
    "fix-login is idle",
  ]);
  expect(callOnLinux(evil).argv.at(-1)).toContain("&lt;b&gt;&amp;$(x)");
});

test("there is a desktop on Linux only with a display and a message bus", () => {
  expect(hasLinuxDesktop({})).toBe(false);
  expect(hasLinuxDesktop({ DBUS_SESSION_BUS_ADDRESS: "unix:path=/x" })).toBe(false);
  expect(hasLinuxDesktop({ DISPLAY: ":0" })).toBe(false);
  expect(hasLinuxDesktop({ DISPLAY: ":0", DBUS_SESSION_BUS_ADDRESS: "unix:path=/x" })).toBe(true);
  expect(hasLinuxDesktop({ WAYLAND_DISPLAY: "wayland-0", DBUS_SESSION_BUS_ADDRESS: "unix:path=/x" })).toBe(true);
});
