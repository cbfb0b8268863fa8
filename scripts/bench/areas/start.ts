import type { Place } from "../machine.ts";
import { type Contest, type Side, timed } from "../measure.ts";

export const nodeItself = (place: Place): Side => ({
  name: "node -e 0",
  round: async () => [await place.time(process.execPath, ["-e", "0"])],
});

export async function start(place: Place): Promise<readonly Contest[]> {
  await place.orchastration("daemon", "start");
  const contest = (measure: string, must: number, goal: number, round: () => Promise<number>): Contest => ({
    area: "start",
    figures: [{ measure, unit: "ms", better: "less", must, goal }],
    ours: { name: measure, round: async () => [await round()] },
    reference: nodeItself(place),
  });
  return [
    contest("status --json, daemon running", 1.35, 1.1, () => place.orchastration("status", "--json")),
    contest("--help", 4, 2.5, () => place.orchastration("--help")),
    contest("daemon start to first answer", 5, 3, async () => {
      await place.orchastration("daemon", "stop", "--all");
      return await timed(() => place.orchastration("status", "--json"));
    }),
  ];
}

export async function run(place: Place): Promise<readonly Contest[]> {
  await place.orchastration("daemon", "start");
  return [
    {
      area: "run",
      figures: [{ measure: "run true end to end", unit: "ms", better: "less", must: 1.5, goal: 1.35 }],
      ours: { name: "run -- true", round: async () => [await place.orchastration("run", "--", "true")] },
      reference: nodeItself(place),
    },
  ];
}
