/** Types of uqr 0.1.3's `dist/index.mjs`, served as /console/vendor/uqr.js. Only what the pages use stands here. */
export interface QrCode {
  readonly size: number
  /** By rows; `true` is a dark module. */
  readonly data: readonly (readonly boolean[])[]
}

/** `border`: the quiet zone around it, in modules. */
export function encode(text: string, options: { readonly ecc: 'L' | 'M' | 'Q' | 'H'; readonly border: number }): QrCode
