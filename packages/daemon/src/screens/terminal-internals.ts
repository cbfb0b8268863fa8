import type { Terminal } from "@xterm/headless";

/**
 * What a faithful copy needs of the emulator and its public interface does not tell. The version is pinned exactly, the official serializer reaches in
 * the same way, and the fidelity tests fail when a name changes its meaning.
 */
export interface TerminalInternals {
  /** Takes everything at once; the public `write` comes back in a later turn of the event loop for every piece. */
  writeSync(bytes: Uint8Array | string): void;
  /** What the next character will look like. */
  readonly pen: CellAttributes;
  readonly title: string;
  /** A combining character or a repetition would now belong to the character before it. */
  readonly canJoin: boolean;
  readonly buffers: { readonly active: ScreenBuffer; readonly normal: ScreenBuffer; readonly alt: ScreenBuffer };
  readonly coreService: {
    readonly isCursorHidden: boolean;
    readonly decPrivateModes: {
      readonly cursorStyle: "block" | "underline" | "bar" | undefined;
      readonly cursorBlink: boolean | undefined;
    };
  };
  readonly coreMouseService: { readonly activeEncoding: string };
  readonly charset: Charset;
  /** G0 to G3, and which of them is in use. */
  readonly charsets: readonly Charset[];
  readonly charsetLevel: number;
  findLink(id: number): { readonly id?: string; readonly uri: string } | undefined;
  /** What a control sequence that repeats something `times` does. */
  repeat(action: RepeatedAction, times: number): void;
}

export type RepeatedAction =
  | "scrollUp"
  | "scrollDown"
  | "insertLines"
  | "deleteLines"
  | "cursorForwardTab"
  | "cursorBackwardTab"
  | "repeatPrecedingCharacter";

export const CELL_WORDS = 3;
/** Code point in the first word of a cell; 0: nothing was written to it. */
export const CODE_POINT_MASK = 0x1fffff;

/** One of the emulator's constant tables; undefined is ASCII. */
export type Charset = object | undefined;

export interface ScreenBuffer {
  readonly lines: { get(index: number): ScreenLine | undefined; readonly length: number };
  /** Line at the top of the screen; those before it are the scrollback. */
  readonly ybase: number;
  readonly x: number;
  readonly y: number;
  readonly scrollTop: number;
  readonly scrollBottom: number;
  readonly tabs: Readonly<Record<number, boolean | undefined>>;
  readonly savedX: number;
  /** Counted from the first line of the scrollback. */
  readonly savedY: number;
  readonly savedCurAttrData: CellAttributes;
  readonly savedCharset: Charset;
}

export interface ScreenLine {
  readonly length: number;
  readonly isWrapped: boolean;
  /** Three words for every cell: character and width, foreground, background; see {@link CELL_WORDS}. */
  readonly _data: Uint32Array;
  loadCell(index: number, cell: Cell): Cell;
}

export interface CellAttributes {
  /** Colour, its mode, and flags, as one word each. */
  readonly fg: number;
  readonly bg: number;
  readonly extended: { readonly ext: number; readonly urlId: number };
  isInverse(): number;
  isBold(): number;
  isUnderline(): number;
  isBlink(): number;
  isInvisible(): number;
  isItalic(): number;
  isDim(): number;
  isStrikethrough(): number;
  isOverline(): number;
  getFgColorMode(): number;
  getBgColorMode(): number;
  getFgColor(): number;
  getBgColor(): number;
  getUnderlineStyle(): number;
  getUnderlineColorMode(): number;
  getUnderlineColor(): number;
  hasExtendedAttrs(): number;
}

export interface Cell extends CellAttributes {
  /** Empty for a cell nothing was written to. */
  getChars(): string;
  /** 0: the second half of the wide character before it. */
  getWidth(): number;
}

type InputHandler = Record<RepeatedAction, (params: { readonly params: readonly number[] }) => boolean>;

interface Core extends Pick<TerminalInternals, "writeSync" | "buffers" | "coreService" | "coreMouseService"> {
  readonly _inputHandler: InputHandler & {
    readonly _curAttrData: CellAttributes;
    readonly _windowTitle: string;
    readonly _parser: { readonly precedingJoinState: number };
  };
  readonly _charsetService: {
    readonly charset: Charset;
    readonly glevel: number;
    readonly _charsets: readonly Charset[];
  };
  readonly _oscLinkService: { getLinkData: TerminalInternals["findLink"] };
}

/** As they are at this moment; buffers and services are live objects. */
export function internalsOf(terminal: Terminal): TerminalInternals {
  const core = (terminal as unknown as { readonly _core: Core })._core;
  const { _inputHandler: input, _charsetService: charsets, _oscLinkService: links } = core;
  return {
    writeSync: (bytes) => core.writeSync(bytes),
    buffers: core.buffers,
    coreService: core.coreService,
    coreMouseService: core.coreMouseService,
    pen: input._curAttrData,
    title: input._windowTitle,
    canJoin: input._parser.precedingJoinState !== 0,
    charset: charsets.charset,
    charsets: charsets._charsets,
    charsetLevel: charsets.glevel,
    findLink: (id) => links.getLinkData(id),
    repeat: (action, times) => void input[action]({ params: [times] }),
  };
}

/** A cell to load others into, which spares an object for each. */
export function newCell(terminal: Terminal): Cell {
  return terminal.buffer.active.getNullCell() as unknown as Cell;
}
