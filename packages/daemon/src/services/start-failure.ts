import type { StartStep } from "@orchastration/protocol/contract";

/** An admitted run will not get its process: a step before it failed, or somebody stopped it. The message is a sentence for people. */
export class StartFailure extends Error {
  readonly step: StartStep | "stopped";

  constructor(step: StartStep | "stopped", message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StartFailure";
    this.step = step;
  }
}
