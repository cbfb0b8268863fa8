import {
  COMMIT_STEPS,
  FORGETTING_STEPS,
  MERGE_STEPS,
  REMOVAL_STEPS,
  RUN_STEPS,
  WORKTREE_STEPS,
} from "../../packages/daemon/src/domain/fault-point.ts";
import type { TriedCell, What, When, Who } from "./cell.ts";
import { COMMIT_POINTS } from "./commit-point.ts";
import { DERIVED_POINTS } from "./derived-point.ts";
import { ELSEWHERE, UNTRIED } from "./elsewhere.ts";
import { OUTCOMES } from "./expect-kept.ts";
import { TRIED } from "./matrix.ts";

type Place = { readonly who: Who; readonly what: What; readonly when: When; readonly how?: string };

export const nameOf = ({ who, what, when, how }: Place): string =>
  `${who} · ${what} · ${when}${how === undefined ? "" : ` · ${how}`}`;

const row = (...cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;

function table(heads: readonly string[], rows: readonly string[]): string {
  return [row(...heads), row(...heads.map(() => "---")), ...rows].join("\n");
}

const placeCells = ({ who, what, when, how = "" }: Place): readonly string[] => [who, what, when, how];

function sorted<P extends Place>(places: readonly P[]): readonly P[] {
  const whos: readonly Who[] = ["client", "daemon", "supervisor", "all"];
  return places.toSorted((a, b) => whos.indexOf(a.who) - whos.indexOf(b.who) || a.what.localeCompare(b.what));
}

const STEP_ERRORS = "test/survival/step-errors.test.ts";
const MERGE_CRASH = "test/integration/merge-crash.test.ts";

const NAMED_STEPS: readonly { readonly what: string; readonly steps: readonly string[]; readonly killed: string }[] = [
  { what: "a commit of the registry", steps: COMMIT_STEPS, killed: "packages/daemon/test/registry/durability.test.ts" },
  { what: "a run", steps: RUN_STEPS, killed: "test/integration/crash.test.ts" },
  { what: "a task's worktree", steps: WORKTREE_STEPS, killed: "test/integration/tasks-crash.test.ts" },
  { what: "a merge", steps: MERGE_STEPS, killed: MERGE_CRASH },
  { what: "the removal of a worktree", steps: REMOVAL_STEPS, killed: MERGE_CRASH },
  { what: "a task that is forgotten", steps: FORGETTING_STEPS, killed: MERGE_CRASH },
];

/** @param wasTried whether this run of the tests tried it, successfully */
export function renderSurvival(wasTried: (cell: TriedCell) => boolean): string {
  const tried = sorted(TRIED).map((cell) =>
    row(...placeCells(cell), wasTried(cell) ? OUTCOMES[cell.outcome] : "not tried on this machine"),
  );
  const elsewhere = sorted(ELSEWHERE).map((cell) => row(...placeCells(cell), cell.kept, `${cell.file}: ${cell.test}`));
  const untried = sorted(UNTRIED).map((cell) => row(...placeCells(cell), cell.why));
  const points = [...COMMIT_POINTS, ...DERIVED_POINTS].map(({ what, point, role, call }) =>
    row(what, point, role, `\`${call}\``),
  );
  return `# What survives what

Who meets trouble, which trouble, and at what moment of a run; and what is left of the run. Written by \`npm run test:survival -- --write\` from the table
in \`test/survival/matrix.ts\` after every cell of it has held; \`npm test\` tries the quick ones.

The command counts its starts, prints, waits, prints again and ends with 7. In every cell the record is true, the output that was written is there, nothing
is started twice, \`audit verify\` and \`doctor\` find nothing, no process of the command is left, and the next run works.

## Tried by \`test/survival\`

${table(["who", "trouble", "moment", "how", "kept"], tried)}

## Tried by tests of their own

${table(["who", "trouble", "moment", "how", "kept", "test"], elsewhere)}

## Steps of a write

At each of these steps the process is killed once, and once the call fails (\`EIO\`) until it is mended. Left is always: the run as it ended, or \`lost\` with its
whole output where its supervisor was killed before it had written the exit; its record file equal to the registry. What follows from the registry (records, task
files, signed heads) is written when that is possible again, by the same daemon or the next; until then \`doctor\` and \`daemon status\` say that it waits, and why.
Nothing half written stays.

${table(["of", "step", "process", "call"], points)}

## Steps that have a name

The steps of \`domain/fault-point.ts\`, each met once by SIGKILL and once by an error of the operating system. The error is told to whoever asked; nothing is
half done; the daemon goes on with everything else, or ends and the next one takes over; the chain and the records are whole; the next command works.

${table(
  ["of", "steps", "SIGKILL", "error"],
  NAMED_STEPS.map(({ what, steps, killed }) => row(what, steps.join(", "), killed, STEP_ERRORS)),
)}

## Not tried

${table(["who", "trouble", "moment", "how", "why"], untried)}

Merging: \`packages/daemon/test/git/merge-interrupted.test.ts\`; a crash between git and registry is recognised by the recorded intent and the ref.
`;
}
