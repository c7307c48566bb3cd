// The kinds of fields there are: each is a file of `kinds/`, named here and nowhere else. A record holds JavaScript
// values: a date-time is integer milliseconds UTC, a decimal whole units, money { amount, currency }; the wire form (RFC 3339 text and so on)
// is made at the edge.
import { computed } from './computed.ts'
import { boolean, booleanKind } from './kinds/boolean.ts'
import { date, dateKind } from './kinds/date.ts'
import { dateTime, dateTimeKind } from './kinds/date-time.ts'
import { decimal, decimalKind } from './kinds/decimal.ts'
import { email, emailKind } from './kinds/email.ts'
import { enumKind, enumOf } from './kinds/enum.ts'
import { file, fileKind } from './kinds/file.ts'
import { files, filesKind } from './kinds/files.ts'
import { geo, geoKind } from './kinds/geo.ts'
import { integer, integerKind } from './kinds/integer.ts'
import { json, jsonKind } from './kinds/json.ts'
import type { Kind } from './kinds/kind.ts'
import { longText, longTextKind } from './kinds/long-text.ts'
import { money, moneyKind } from './kinds/money.ts'
import { ref, refKind } from './kinds/ref.ts'
import { refs, refsKind } from './kinds/refs.ts'
import { text, textKind } from './kinds/text.ts'
import { texts, textsKind } from './kinds/texts.ts'
import { url, urlKind } from './kinds/url.ts'

/** The field builders of `collection()`. */
export const field = {
  text,
  longText,
  texts,
  integer,
  decimal,
  money,
  boolean,
  date,
  dateTime,
  email,
  url,
  enum: enumOf,
  json,
  geo,
  ref,
  refs,
  file,
  files,
  /** Made of others. */
  computed,
}

export const kinds: readonly Kind[] = [
  textKind,
  longTextKind,
  textsKind,
  integerKind,
  decimalKind,
  moneyKind,
  booleanKind,
  dateKind,
  dateTimeKind,
  emailKind,
  urlKind,
  enumKind,
  jsonKind,
  geoKind,
  refKind,
  refsKind,
  fileKind,
  filesKind,
]
