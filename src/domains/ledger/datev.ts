// Postings as DATEV reads them: DATEV format (EXTF), header version 700, category 21 (Buchungsstapel), format version 13.
// https://developer.datev.de/datev/platform/de/dtvf: fields between semicolons, texts in quotes, CR LF, Windows-1252. Pure.
import { minorDigits } from '../../base/currencies.ts'
import type { DatevSettings } from '../../config/project.ts'
import type { Entry } from './chain.ts'

export type DatevBatch = {
  readonly settings: DatevSettings
  readonly currency: string
  /** Days, both included: `2026-11-01`. */
  readonly from: string
  readonly to: string
  /** The first day of the fiscal year that they are in. */
  readonly fiscalYear: string
  /** When it was made: `20261130095959123`. */
  readonly made: string
}

const numbered = (count: number, ...names: readonly string[]) =>
  Array.from({ length: count }, (_, index) => names.map((name) => `${name} ${index + 1}`)).flat()

/** The second line names all 125 of them. */
export const datevColumns: readonly string[] = [
  'Umsatz (ohne Soll/Haben-Kz)',
  'Soll/Haben-Kennzeichen',
  'WKZ Umsatz',
  'Kurs',
  'Basis-Umsatz',
  'WKZ Basis-Umsatz',
  'Konto',
  'Gegenkonto (ohne BU-Schl\u00fcssel)',
  'BU-Schl\u00fcssel',
  'Belegdatum',
  'Belegfeld 1',
  'Belegfeld 2',
  'Skonto',
  'Buchungstext',
  'Postensperre',
  'Diverse Adressnummer',
  'Gesch\u00e4ftspartnerbank',
  'Sachverhalt',
  'Zinssperre',
  'Beleglink',
  ...numbered(8, 'Beleginfo - Art', 'Beleginfo - Inhalt'),
  'KOST1 - Kostenstelle',
  'KOST2 - Kostenstelle',
  'Kost-Menge',
  'EU-Land u. UStID (Bestimmung)',
  'EU-Steuersatz (Bestimmung)',
  'Abw. Versteuerungsart',
  'Sachverhalt L+L',
  'Funktionserg\u00e4nzung L+L',
  'BU 49 Hauptfunktionstyp',
  'BU 49 Hauptfunktionsnummer',
  'BU 49 Funktionserg\u00e4nzung',
  ...numbered(20, 'Zusatzinformation - Art', 'Zusatzinformation- Inhalt'),
  'St\u00fcck',
  'Gewicht',
  'Zahlweise',
  'Forderungsart',
  'Veranlagungsjahr',
  'Zugeordnete F\u00e4lligkeit',
  'Skontotyp',
  'Auftragsnummer',
  'Buchungstyp',
  'USt-Schl\u00fcssel (Anzahlungen)',
  'EU-Land (Anzahlungen)',
  'Sachverhalt L+L (Anzahlungen)',
  'EU-Steuersatz (Anzahlungen)',
  'Erl\u00f6skonto (Anzahlungen)',
  'Herkunft-Kz',
  'Buchungs GUID',
  'KOST-Datum',
  'SEPA-Mandatsreferenz',
  'Skontosperre',
  'Gesellschaftername',
  'Beteiligtennummer',
  'Identifikationsnummer',
  'Zeichnernummer',
  'Postensperre bis',
  'Bezeichnung SoBil-Sachverhalt',
  'Kennzeichen SoBil-Buchung',
  'Festschreibung',
  'Leistungsdatum',
  'Datum Zuord. Steuerperiode',
  'F\u00e4lligkeit',
  'Generalumkehr (GU)',
  'Steuersatz',
  'Land',
  'Abrechnungsreferenz',
  'BVV-Position',
  'EU-Land u. UStID (Ursprung)',
  'EU-Steuersatz (Ursprung)',
  'Abw. Skontokonto',
]

const text = (value: string) => `"${value.replaceAll('"', '""')}"`
const days = (day: string) => day.replaceAll('-', '')

/** The two lines before the postings. */
export function datevHead({ settings, currency, from, to, fiscalYear, made }: DatevBatch): string {
  const { consultant, client, accountLength, chart } = settings
  const period = [days(fiscalYear), accountLength, days(from), days(to), text('Kingpost'), text('')]
  // 1: financial accounting; 0: of no purpose of its own; 0: may still be changed there.
  const head = [
    text('EXTF'),
    700,
    21,
    text('Buchungsstapel'),
    13,
    made,
    '',
    text('KP'),
    text(''),
    text(''),
    consultant,
    client,
    ...period,
    1,
    0,
    0,
  ]
  const rest = [text(currency), '', text(''), '', '', text(chart), '', '', text(''), text('')]
  return `${[...head, ...rest].join(';')}\r\n${datevColumns.join(';')}\r\n`
}

/** As `debit` of one account and `credit` of another: what a transfer of several legs comes to, in pairs. */
export type Pair = { readonly debit: string; readonly credit: string; readonly amount: number }

/** Legs that sum to zero as pairs, as few as there can be where one side is one leg. */
export function pairsOf(legs: readonly Pick<Entry, 'account' | 'amount'>[]): Pair[] {
  const left = legs.map(({ account, amount }) => ({ account, amount: amount.amount }))
  const debits = left.filter(({ amount }) => amount > 0)
  const credits = left.filter(({ amount }) => amount < 0)
  const pairs: Pair[] = []
  while (debits.length > 0 && credits.length > 0) {
    const [debit, credit] = [debits[0]!, credits[0]!]
    const amount = Math.min(debit.amount, -credit.amount)
    pairs.push({ debit: debit.account, credit: credit.account, amount })
    debit.amount -= amount
    credit.amount += amount
    if (debit.amount === 0) debits.shift()
    if (credit.amount === 0) credits.shift()
  }
  return pairs
}

/** By the longest beginning of the name that the settings list: `A:psp:stripe` before `A:psp`. */
export function datevAccount({ accounts }: DatevSettings, account: string): string {
  for (let name = account; ; name = name.slice(0, name.lastIndexOf(':'))) {
    const found = accounts[name]
    if (found !== undefined) return found
    if (!name.includes(':')) return accounts['*']!
  }
}

type Posted = { readonly pairs: readonly Pair[]; readonly kind: string; readonly day: string; readonly document: string }

/** A line for each pair that moves something there: two of our accounts may be one of theirs. */
export function datevLines(
  { settings, currency }: Pick<DatevBatch, 'settings' | 'currency'>,
  { pairs, kind, day, document }: Posted,
): string {
  let lines = ''
  for (const { debit, credit, amount } of pairs) {
    const [account, contra] = [datevAccount(settings, debit), datevAccount(settings, credit)]
    if (account === contra) continue
    const fields = new Array<string>(datevColumns.length).fill('')
    fields[0] = decimal(amount, currency, ',')
    fields[1] = text('S')
    fields[2] = text(currency)
    fields[6] = account
    fields[7] = contra
    fields[9] = day.slice(8, 10) + day.slice(5, 7)
    fields[10] = text(document.replaceAll(/[^\w$&%*+/-]|_/g, '-').slice(0, 36))
    fields[13] = text(`${kind} ${debit}`.slice(0, 60))
    fields[113] = '0'
    lines += `${fields.join(';')}\r\n`
  }
  return lines
}

/** Of an amount in minor units, without grouping. */
export function decimal(amount: number, currency: string, point: ',' | '.'): string {
  const digits = minorDigits(currency) ?? 2
  const whole = String(Math.abs(amount)).padStart(digits + 1, '0')
  const cut = whole.length - digits
  // DATEV asks for two places.
  const part = point === ',' ? whole.slice(cut).padEnd(2, '0') : whole.slice(cut)
  return `${amount < 0 ? '-' : ''}${whole.slice(0, cut)}${part === '' ? '' : point + part}`
}
