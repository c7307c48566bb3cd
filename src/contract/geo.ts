// Places on earth as filters ask for them: whole ten-millionths of a degree (1.1 cm), and the distance over a sphere, which is
// wrong by 0.6 % at most. The same formula stands in the queries of each database (haversine: exact also for what is near).
export type Place = { readonly lat: number; readonly lng: number }

export const unitsPerDegree = 10_000_000
/** IUGG's mean radius. */
const earthMm = 6_371_008_800
export const geoFactors = {
  /** From units to radians, and to half of them. */
  radians: Math.PI / 180 / unitsPerDegree,
  halfRadians: Math.PI / 360 / unitsPerDegree,
  /** From millimetres to half of the angle that they are. */
  halfAngle: 1 / (2 * earthMm),
} as const

export function isNear(place: Place, center: Place, mm: number): boolean {
  return haversine(place, center) <= square(mm * geoFactors.halfAngle)
}

/** Grows with the distance: 0 at the same place, 1 on the other side of the earth. */
export function haversine(place: Place, center: Place): number {
  const { radians, halfRadians } = geoFactors
  const north = square((place.lat - center.lat) * halfRadians)
  const east = square((place.lng - center.lng) * halfRadians)
  return north + Math.cos(center.lat * radians) * Math.cos(place.lat * radians) * east
}

function square(angle: number): number {
  return Math.sin(angle) ** 2
}

export type Box = { readonly south: number; readonly north: number; readonly west: number; readonly east: number }

/** The smallest box that has all that is near, a unit wider. Beyond 180 degrees it goes on from the other side. */
export function boxAround({ lat, lng }: Place, mm: number): Box {
  const { radians, halfAngle } = geoFactors
  const angle = mm * halfAngle * 2
  const up = Math.ceil(angle / radians) + 1
  const [south, north] = [lat - up, lat + up]
  const pole = 90 * unitsPerDegree
  const half = 180 * unitsPerDegree
  if (south <= -pole || north >= pole) return { south: Math.max(south, -pole), north: Math.min(north, pole), west: -half, east: half }
  const across = Math.ceil(Math.asin(Math.min(1, Math.sin(angle) / Math.cos(lat * radians))) / radians) + 1
  const [west, east] = [lng - across, lng + across]
  return { south, north, west: west < -half ? west + 2 * half : west, east: east > half ? east - 2 * half : east }
}
