import { expect, test } from "vitest";
import { createLifetime } from "../src/lifetime.ts";
import { createFakeClock } from "./support/fake-clock.ts";

function create() {
  const clock = createFakeClock();
  let need: "needed" | "idle" | "drained" = "needed";
  let ends = 0;
  const lifetime = createLifetime({ clock, need: () => need, onEnd: () => ends++ });
  return {
    clock,
    become(next: typeof need) {
      need = next;
      lifetime.review();
    },
    lifetime,
    get ends() {
      return ends;
    },
  };
}

test("a supervisor nobody needs ends after a while, counted from the first moment", () => {
  const supervisor = create();
  supervisor.become("idle");
  supervisor.clock.advance(9000);
  supervisor.become("idle");
  expect(supervisor.ends).toBe(0);
  supervisor.clock.advance(1000);
  expect(supervisor.ends).toBe(1);
});

test("a supervisor that is needed again begins to count anew", () => {
  const supervisor = create();
  supervisor.become("idle");
  supervisor.clock.advance(9000);
  supervisor.become("needed");
  supervisor.clock.advance(60_000);
  supervisor.become("idle");
  supervisor.clock.advance(9000);
  expect(supervisor.ends).toBe(0);
  supervisor.clock.advance(1000);
  expect(supervisor.ends).toBe(1);
});

test("a drained supervisor ends as soon as it has answered", () => {
  const supervisor = create();
  supervisor.become("idle");
  supervisor.become("drained");
  expect(supervisor.ends).toBe(0);
  supervisor.clock.advance(0);
  expect(supervisor.ends).toBe(1);
  expect(supervisor.clock.pending).toBe(0);
});
