// A place on earth: two columns, latitude and longitude, in whole ten-millionths of a degree, so that it is the same on every
// database. Lists ask for what is near one, or within a box.

import { limits } from '../../base/limits.ts'
import { and, compare, type Filter, or } from '../../contract/filter.ts'
import { boxAround, type Place, unitsPerDegree } from '../../contract/geo.ts'
import { isObject } from '../shape.ts'
import { integerComparing, mustBe } from './comparing.ts'
import { type Comparing, type DefaultOf, defineKind, type JsonSchema, makeField, type With } from './kind.ts'

const number = /^-?\d{1,8}(\.\d{1,15})?$/

/** Degrees of a text as units; null for what is none, or more than `most`. */
function unitsOf(text: string, most: number): number | null {
  return number.test(text) && Math.abs(Number(text)) <= most ? toUnits(Number(text)) : null
}

/** Zero has no sign. */
const toUnits = (degrees: number): number => Math.round(degrees * unitsPerDegree) || 0

const degrees = (most: number): JsonSchema => ({ type: 'number', minimum: -most, maximum: most })

function degreesComparing(most: number): Comparing {
  const problem = `must be degrees from -${most} to ${most}, such as 13.405`
  return {
    ...integerComparing,
    operators: [],
    offered: ['near', 'within', 'null'],
    querySchema: () => degrees(most),
    fromQuery(text) {
      const value = unitsOf(text, most)
      return value === null ? { problem } : { value }
    },
    fromRule(given) {
      const value = typeof given === 'number' ? unitsOf(String(given), most) : null
      return value === null ? mustBe(given, `degrees from -${most} to ${most}`) : { value }
    },
  }
}

function withinBox(path: string, { south, north, west, east }: { south: number; north: number; west: number; east: number }): Filter {
  const [lat, lng] = [`${path}.lat`, `${path}.lng`]
  const [fromWest, toEast] = [compare(lng, 'gte', west), compare(lng, 'lte', east)]
  return and(compare(lat, 'gte', south), compare(lat, 'lte', north), west <= east ? and(fromWest, toEast) : or(fromWest, toEast))
}

/** `within=south,west,north,east`: also across the line where 180 degrees east is 180 west. */
function within(path: string, parts: readonly string[]) {
  const [south, west, north, east] = parts.map((part, index) => unitsOf(part, index % 2 === 0 ? 90 : 180))
  if (parts.length !== 4 || south == null || west == null || north == null || east == null || south > north)
    return { problem: 'must be south, west, north and east in degrees, such as 52.3,13.0,52.7,13.8' }
  return { filter: withinBox(path, { south, west, north, east }) }
}

/** `near=lat,lng,meters`. The box lets an index lead there. */
function near(path: string, parts: readonly string[]) {
  const [lat, lng] = [unitsOf(parts[0] ?? '', 90), unitsOf(parts[1] ?? '', 180)]
  const meters = number.test(parts[2] ?? '') ? Number(parts[2]) : -1
  if (parts.length !== 3 || lat === null || lng === null || meters < 0 || meters > limits.distanceMetersMax)
    return { problem: `must be a latitude, a longitude and meters up to ${limits.distanceMetersMax}, such as 52.52,13.405,5000` }
  const mm = Math.round(meters * 1_000)
  return { filter: and(withinBox(path, boxAround({ lat, lng }, mm)), { op: 'near', path, lat, lng, mm }) }
}

const pointSchema: JsonSchema = {
  type: 'object',
  title: 'GeoPoint',
  description: 'Degrees by WGS 84, kept to seven decimals: 1.1 cm.',
  properties: {
    lat: degrees(90),
    lng: degrees(180),
  },
  required: ['lat', 'lng'],
  additionalProperties: false,
}

const inDegrees = 'must be { lat, lng } in degrees: from -90 to 90, and from -180 to 180'

/** A place in degrees, as code of a project gives it, in units; null for what is none. */
function placeOf(value: unknown): Place | null {
  if (!isObject(value) || Object.keys(value).length !== 2) return null
  const { lat, lng } = value
  const isWithin = (angle: unknown, most: number): angle is number => typeof angle === 'number' && Math.abs(angle) <= most
  return isWithin(lat, 90) && isWithin(lng, 180) ? { lat: toUnits(lat), lng: toUnits(lng) } : null
}

const isUnits = (value: unknown, most: number) => Number.isSafeInteger(value) && Math.abs(value as number) <= most * unitsPerDegree
const isPlace = (value: unknown) => {
  const { lat, lng } = value as Partial<Place>
  return isUnits(lat, 90) && isUnits(lng, 180)
}
const pairOf = (of: string) => ({ type: 'string', description: of })

export const geoKind = defineKind({
  name: 'geo',
  otherNames: ['point', 'location', 'place'],
  columns: [
    {
      part: 'lat',
      type: 'integer',
      comparing: {
        ...degreesComparing(90),
        operators: ['near', 'within'],
        area: (operator, path, text) => (operator === 'near' ? near : within)(path, text.split(',')),
        areaSchema: (operator) =>
          operator === 'near'
            ? pairOf('Latitude, longitude and meters: `52.52,13.405,5000`.')
            : pairOf('South, west, north and east in degrees: `52.3,13.0,52.7,13.8`.'),
      },
    },
    { part: 'lng', type: 'integer', comparing: degreesComparing(180) },
  ],
  options: {},
  isMeasured: false,
  defaultFault: (value) => (isPlace(value) ? null : inDegrees),
  schema: () => pointSchema,
  fromWire(value) {
    const { lat, lng } = value as Place
    return { lat: toUnits(lat), lng: toUnits(lng) }
  },
  toWire(value) {
    const { lat, lng } = value as Place
    return { lat: lat / unitsPerDegree, lng: lng / unitsPerDegree }
  },
  stored(value, path, add) {
    if (typeof value !== 'object' || value === null || !isPlace(value))
      add(path, 'must be { lat, lng } in whole ten-millionths of a degree')
  },
  seeded: {
    check(value, path, add) {
      if (placeOf(value) === null) add(path, inDegrees)
    },
    toStored: placeOf,
  },
  misfit: (_field, value) => (typeof value === 'object' && isPlace(value) ? null : 'is no { lat, lng } in ten-millionths of a degree'),
  input: 'point',
  display: 'point',
})

type GeoAreas = {
  /** Latitude, longitude, meters. */
  readonly near?: readonly [number, number, number]
  /** South, west, north, east. */
  readonly within?: readonly [number, number, number, number]
  readonly null?: boolean
}

/** One that is none, so that the start refuses it: as units what was given may be another place. */
const nowhere: Place = { lat: Number.NaN, lng: Number.NaN }

/** A place on earth: `{ lat, lng }` in degrees in JSON, defaults and seeds, in whole ten-millionths of a degree in a record. */
export const geo = <const O extends Omit<With, 'default'> & DefaultOf<Place>>(options?: O) => {
  const value: unknown = options?.default
  const fixed = isObject(value) && !('set' in value) ? { default: placeOf(value) ?? nowhere } : {}
  return makeField<
    { value: Place; wire: Place; compared: { '': { readonly areas: GeoAreas }; lat: number; lng: number }; isLarge: true },
    O
  >(geoKind, { ...options, ...fixed } as With)
}
