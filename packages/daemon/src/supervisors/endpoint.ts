/** A supervisor as its endpoint record describes it. */
export interface SupervisorEndpoint {
  readonly id: string;
  readonly pid: number;
  readonly version: string;
  readonly socket: string;
}
