/** An event exactly as the log keeps it; its hash in hexadecimal. */
export interface SegmentEvent {
  readonly seq: number;
  readonly entry: string;
  readonly hash: string;
}

/** Where the chain stood after an event: `seq` 0 and 64 zeros before the first. */
export interface ChainPosition {
  readonly seq: number;
  readonly hash: string;
}

/**
 * A part of the log that tells of one entity. A link without an entry stands for all events up to its seq that are left out: they are of other
 * entities, and only the hash that the next event is chained to is given.
 */
export interface EventSegment {
  readonly entity: string;
  /** Where the chain stood before the first link. */
  readonly previous: ChainPosition;
  readonly links: readonly (SegmentEvent | ChainPosition)[];
}

export function hasEntry(link: SegmentEvent | ChainPosition): link is SegmentEvent {
  return "entry" in link;
}

/** Events of one entity, oldest first, with what is needed of the chain between them. `positionAt` answers where it stood after an event. */
export function sealSegment(
  entity: string,
  events: readonly SegmentEvent[],
  positionAt: (seq: number) => ChainPosition,
): EventSegment {
  const [first] = events;
  if (first === undefined) throw new Error(`${entity} has no events`);
  const previous = positionAt(first.seq - 1);
  const links = events.flatMap((event, index) => {
    const before = events[index - 1];
    return before === undefined || before.seq === event.seq - 1 ? [event] : [positionAt(event.seq - 1), event];
  });
  return { entity, previous, links };
}
