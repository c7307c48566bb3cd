/**
 * Owns the arithmetic of measurements: medians, percentiles, ratios of paired rounds.
 * Knows nothing about servers or files, so that it can be tested by itself.
 */

/** The middle value; of an even number of values the mean of the two in the middle. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b)
  if (sorted.length === 0) return Number.NaN
  const upper = sorted.length >> 1
  if (sorted.length % 2 === 1) return sorted[upper]!
  return (sorted[upper - 1]! + sorted[upper]!) / 2
}

/** Nearest-rank percentile: the smallest value that at least `percent` of all values do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  if (values.length === 0) return Number.NaN
  const sorted = [...values].sort((a, b) => a - b)
  const rank = Math.ceil((percent / 100) * sorted.length)
  return sorted[Math.min(sorted.length - 1, Math.max(0, rank - 1))]!
}

/**
 * The median of the ratios of rounds that ran next to each other. A shared machine drifts by half within minutes;
 * the ratio of two neighbours hardly feels that, the ratio of two medians does.
 */
export function pairedRatio(ours: readonly number[], limit: readonly number[]): number {
  const pairs = Math.min(ours.length, limit.length)
  const ratios: number[] = []
  for (let round = 0; round < pairs; round++) ratios.push(ours[round]! / limit[round]!)
  return median(ratios)
}
