import fc from "fast-check";
import { expect, test } from "vitest";
import { type Candidate, createControl, type Move } from "../../src/stream/controller.ts";

const size = { cols: 80, rows: 24 };
const candidate = (id: string, mode: Candidate["mode"] = "control"): Candidate => ({ id, mode, size });

function recordedControl() {
  const moves: string[] = [];
  const control = createControl<Candidate>(({ cause, controller, former }: Move<Candidate>) => {
    moves.push(`${cause} ${controller?.id ?? "nobody"}${former === null ? "" : ` from ${former.id}`}`);
  });
  return { control, moves };
}

test("the latest to attach for control has it, watchers never get it by attaching", () => {
  const { control, moves } = recordedControl();
  for (const member of [candidate("w", "watch"), candidate("a"), candidate("b"), candidate("v", "watch")]) {
    control.join(member);
  }
  expect(control.controller?.id).toBe("b");
  expect(moves).toEqual(["joined a", "joined b from a"]);
});

test("control goes back to the latest of those that attached for it, and to nobody when there is none", () => {
  const { control, moves } = recordedControl();
  const [watcher, first, second] = [candidate("w", "watch"), candidate("a"), candidate("b")];
  for (const member of [watcher, first, second]) control.join(member);
  control.leave(second);
  control.leave(first);
  control.give(watcher);
  control.leave(watcher);
  expect(moves.slice(2)).toEqual(["inherited a", "inherited nobody", "given w", "inherited nobody"]);
});

test("whoever comes and goes, the controller is one of those who are there, and every change is told once", () => {
  const act = fc.record({ kind: fc.constantFrom("join", "watch", "leave", "give"), index: fc.nat(20) });
  fc.assert(
    fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
      let told: Candidate | null = null;
      const control = createControl<Candidate>(({ controller, former }) => {
        expect(controller).not.toBe(told);
        expect(former).toBe(told !== null && control.members.includes(told) ? told : null);
        told = controller;
      });
      for (const [count, { kind, index }] of acts.entries()) {
        const member = control.members[index % Math.max(1, control.members.length)];
        if (kind === "join") control.join(candidate(String(count)));
        else if (kind === "watch") control.join(candidate(String(count), "watch"));
        else if (member !== undefined && kind === "leave") control.leave(member);
        else if (member !== undefined) control.give(member);
        expect(control.controller).toBe(told);
        if (control.controller !== null) expect(control.members).toContain(control.controller);
        else expect(control.members.every(({ mode }) => mode === "watch")).toBe(true);
      }
    }),
  );
});
