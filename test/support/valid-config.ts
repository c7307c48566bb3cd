// A config that uses every option there is, made anew for each who changes it: the ground on which the attack
// on the config check plants its mistakes.
import { Type } from '../../src/contract/type.ts'
import {
  actorId,
  all,
  any,
  anyone,
  collection,
  command,
  defineSecret,
  exists,
  field,
  not,
  query,
  role,
  signedIn,
  staff,
  through,
  where,
} from '../../src/index.ts'
import { isKind } from '../../src/schema/kinds/kind.ts'

const isMember = () => exists('memberships', 'club', where('user').eq(actorId))

const clubs = () =>
  collection('clubs', {
    prefix: 'club',
    title: 'Clubs',
    renamedFrom: ['circles'],
    fields: {
      title: field.text({ required: true, min: 1, max: 100, search: true, renamedFrom: 'name' }),
      about: field.longText({ feed: false, default: 'None yet.' }),
      slug: field.text({ unique: true }),
      seats: field.integer({ min: 0, max: 50, default: 10, backfill: () => 0 }),
      fee: field.money({ min: 0, max: 100_000, currency: 'EUR' }),
      isOpen: field.boolean({ default: true }),
      day: field.date({ default: '2026-11-24' }),
      startsAt: field.dateTime({ default: { set: 'now' } }),
      contact: field.email({ default: 'club@example.com' }),
      link: field.url({ default: 'https://example.com' }),
      state: field.enum(['draft', 'open', 'closed'], { default: 'draft' }),
      meta: field.json({ schema: { type: 'object', properties: { color: { type: 'string' } } } }),
      lead: field.ref('users', { required: true, default: { set: 'actor' }, write: staff }),
      members: field.refs('users'),
      parent: field.ref('clubs'),
      note: field.text({ veil: () => 'kept back', read: any(staff, role('planner')), write: all(signedIn, not(role('visitor'))) }),
    },
    indexes: [
      ['state', '-startsAt'],
      ['fee.amount', 'title'],
    ],
    unique: [['lead', 'title']],
    checks: [{ path: 'seats', op: 'gte', value: 0 }],
    lists: { memberships: { from: 'memberships', by: 'club' } },
    loaded: { fields: { score: field.integer() }, load: async (_, records) => records.map(() => ({ score: 1 })) },
    afterChange: async () => {},
    access: {
      read: any(staff, where('lead').eq(actorId), where('members').contains(actorId), where('state').eq('open'), isMember()),
      create: all(signedIn, not(where('startsAt').lt('2020-01-01'))),
      update: any(staff, through('parent', 'clubs', where('lead').eq(actorId)), where('fee').lte(500)),
      delete: through('members', 'users', where('id').eq(actorId)),
    },
  })

const memberships = () =>
  collection('memberships', {
    fields: { club: field.ref('clubs', { required: true }), user: field.ref('users', { required: true }), until: field.dateTime() },
    appendOnly: true,
    access: { read: any(where('user').eq(actorId), through('club', 'clubs', any(where('isOpen').eq(true), isMember()))), create: staff },
  })

const countSeats = () =>
  query({
    name: 'clubs.countSeats',
    route: 'GET /api/clubs/:id/seats',
    summary: 'Count the seats that are left',
    input: Type.Object({ id: Type.String() }, { additionalProperties: false }),
    output: Type.Object({ left: Type.Integer() }),
    errors: ['not_found'],
    access: anyone,
    tag: 'Clubs',
    run: async () => ({ output: { left: 1 } }),
  })

const join = () =>
  command({
    name: 'clubs.join',
    route: 'POST /api/clubs/:id/join',
    summary: 'Join a club',
    input: Type.Object({ id: Type.String() }, { additionalProperties: false }),
    output: Type.Object({ id: Type.String() }),
    status: 201,
    access: signedIn,
    rate: 'write',
    run: async () => ({ output: { id: '1' } }),
  })

// biome-ignore lint/suspicious/noExplicitAny: mistakes are planted anywhere
export function validConfig(): any {
  return copied({
    name: 'Clubs',
    collections: [clubs(), memberships()],
    operations: [countSeats(), join()],
    shop: {
      currency: 'EUR',
      currencies: ['CHF'],
      priceLists: true,
      tax: { prices: 'added', ratesPpm: { DE: 190_000, '*': 0 }, service: { url: 'https://taxes.example/quote' } },
      limits: { lineQuantity: 20, orderUnits: 100 },
      stock: { locations: ['berlin', 'vienna'], allocate: 'nearest', near: { vienna: ['AT', 'HU'] }, split: true },
      downloads: { linkHours: 48, times: 5, consent: false, taxClass: 'standard' },
      mailsUnpaid: true,
      bookkeeping: {
        timeZone: 'Europe/Berlin',
        datev: {
          consultant: 29_098,
          client: 55_003,
          fiscalYearBegins: '07-01',
          accountLength: 4,
          chart: '03',
          accounts: { 'A:psp:stripe': '1361' },
        },
      },
      payments: [{ provider: 'sandbox' }],
      returnOrigins: ['https://www.clubs.example'],
      cartFields: { giftFrom: field.text({ max: 80 }), wrapping: field.enum(['none', 'box'], { default: 'none' }) },
      orderFields: {
        giftFrom: field.text({ max: 80 }),
        wrapping: field.enum(['none', 'box', 'bag'], { default: 'none' }),
        club: field.ref('clubs', { onDelete: 'setNull' }),
      },
      productFields: { author: field.text({ search: true }), club: field.ref('clubs') },
    },
    mail: {
      from: { name: 'Clubs', address: 'post@example.com' },
      replyTo: 'help@example.com',
      language: 'de',
      inbound: {
        domain: 'in.example.com',
        addresses: ['help'],
        routes: [{ to: 'club-*', record: { collection: 'clubs', field: 'slug' } }],
        port: 2525,
        host: '127.0.0.1',
        tls: { key: './mail-key.pem', cert: './mail-cert.pem' },
        imap: [
          {
            host: 'imap.example.com',
            port: 993,
            tls: 'implicit',
            user: 'help@example.com',
            password: defineSecret('IMAP_PASSWORD'),
            since: '2026-11-01',
          },
          {
            host: '127.0.0.1',
            tls: 'none',
            user: 'post',
            password: defineSecret('POST_PASSWORD'),
            folder: 'In',
            taken: { moveTo: 'Done' },
          },
        ],
        trustedRelays: [{ name: 'mx.example.com', addresses: ['10.0.0.5', '2001:db8::/32'] }],
      },
      design: { logo: '/logo.png', logoWidth: 120, color: '#2f5bd0', address: ['Clubs', 'Main Street 1'] },
      ambiguous: { account: 'resend', marketing: 'hold' },
      perDomain: { atOnce: 10, perMinute: 300 },
      provider: { name: 'mailgun', key: defineSecret('MAILGUN_KEY'), domain: 'mg.example.com', region: 'eu' },
      webhooks: [
        { provider: 'mailgun', secret: defineSecret('MAILGUN_SIGNING_KEY') },
        { provider: 'ses', topic: 'arn:aws:sns:eu-central-1:123456789012:mail' },
      ],
      dkim: [{ domain: 'example.com', selector: 'key1', key: defineSecret('DKIM_KEY') }],
    },
    http: { cors: { origins: ['https://app.example'] }, contentSecurityPolicy: { 'img-src': ['https://images.example'] } },
    storefront: './storefront',
    seed: () => [],
  })
}

/** Rules are shared values: who plants something into one of a copy changes no other. Kinds of fields cannot be changed. */
function copied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copied)
  if (typeof value !== 'object' || value === null || isKind(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copied(inner)]))
}
