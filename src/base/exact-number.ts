// Whether a number of JSON survives as a double: whether the double, printed, is the same number in other words.

/** `1.50e3` and `1500` are one number; `9007199254740993` and the double nearest to it are two. */
export function saysAgain(value: number, source: string): boolean {
  return Number.isFinite(value) && plain(source) === plain(String(value))
}

/** The digits from the first to the last that is not zero, and the power of ten of the last. The sign is never lost. */
function plain(text: string): string {
  const [, whole = '', fraction = '', exponent = '0'] = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? []
  const all = `${whole}${fraction}`
  let first = 0
  while (all.charCodeAt(first) === 0x30) first++
  let last = all.length
  while (last > first && all.charCodeAt(last - 1) === 0x30) last--
  return first === last ? '0' : `${all.slice(first, last)}e${Number(exponent) - fraction.length + (all.length - last)}`
}
