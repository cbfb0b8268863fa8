import type { CellAttributes } from "./terminal-internals.ts";

const PALETTE_16 = 0x1000000;
const PALETTE_256 = 0x2000000;
const RGB = 0x3000000;

/** The SGR sequence that sets exactly these attributes, whatever was set before. */
export function selectAttributes(attributes: CellAttributes): string {
  const codes: (number | string)[] = [0];
  if (attributes.isBold() !== 0) codes.push(1);
  if (attributes.isDim() !== 0) codes.push(2);
  if (attributes.isItalic() !== 0) codes.push(3);
  if (attributes.isUnderline() !== 0) codes.push(...underline(attributes));
  if (attributes.isBlink() !== 0) codes.push(5);
  if (attributes.isInverse() !== 0) codes.push(7);
  if (attributes.isInvisible() !== 0) codes.push(8);
  if (attributes.isStrikethrough() !== 0) codes.push(9);
  if (attributes.isOverline() !== 0) codes.push(53);
  codes.push(...color(attributes.getFgColorMode(), attributes.getFgColor(), 30, 38));
  codes.push(...color(attributes.getBgColorMode(), attributes.getBgColor(), 40, 48));
  return `\x1b[${codes.join(";")}m`;
}

/** What erased cells have: a background and nothing else. */
export function selectBackground(attributes: CellAttributes): string {
  const background = color(attributes.getBgColorMode(), attributes.getBgColor(), 40, 48);
  return `\x1b[${[0, ...background].join(";")}m`;
}

/** Styles other than a single line and colours of their own are known to fewer terminals: only what was asked for is said. */
function underline(attributes: CellAttributes): (number | string)[] {
  if (attributes.hasExtendedAttrs() === 0) return [4];
  const style = attributes.getUnderlineStyle();
  const mode = attributes.getUnderlineColorMode();
  const value = attributes.getUnderlineColor();
  const shape = style <= 1 ? 4 : `4:${style}`;
  if (mode === RGB) return [shape, `58:2::${channels(value).join(":")}`];
  if (mode === PALETTE_16 || mode === PALETTE_256) return [shape, `58:5:${value}`];
  return [shape];
}

function color(mode: number, value: number, base: number, extended: number): number[] {
  switch (mode) {
    case PALETTE_16:
      return [value < 8 ? base + value : base + 60 + value - 8];
    case PALETTE_256:
      return [extended, 5, value];
    case RGB:
      return [extended, 2, ...channels(value)];
    default:
      return [];
  }
}

function channels(value: number): number[] {
  return [(value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}
