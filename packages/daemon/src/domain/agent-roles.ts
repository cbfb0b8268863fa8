import type { AgentRole, SharedContext } from "@orchastration/protocol/contract";

export interface RoleDescription {
  /** What it does when no program is bound to it. */
  readonly capabilities: readonly string[];
  /** The keys of the shared context that are its own. A bound program may write others as well. */
  readonly writes: readonly (keyof SharedContext)[];
}

export const ROLES: Readonly<Record<AgentRole, RoleDescription>> = {
  PlannerAgent: { capabilities: ["plan.create"], writes: ["plan.goal", "plan.tasks"] },
  BuilderAgent: { capabilities: ["build.run"], writes: ["build.outputs"] },
  ReviewerAgent: {
    capabilities: ["review.outputs", "review.documents", "review.difference"],
    writes: ["review.status", "review.report"],
  },
  DocAgent: { capabilities: ["doc.generate"], writes: ["doc.paths"] },
};

export function isAgentRole(name: string): name is AgentRole {
  return Object.hasOwn(ROLES, name);
}
