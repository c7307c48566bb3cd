// The shop of tests, with a mailbox that mail is read from.
import { defineSecret } from '../../src/index.ts'
import { backend as shop } from './shop.config.ts'

const mailbox = {
  ...{ host: '127.0.0.1', port: Number(process.env['TEST_IMAP_PORT'] ?? 143), tls: 'none' },
  ...{ user: 'box@in.shop.test', password: defineSecret('TEST_IMAP_PASSWORD'), since: 'all' },
} as const

export const backend = { ...shop, mail: { ...shop.mail, inbound: { domain: 'in.shop.test', addresses: ['help'], imap: [mailbox] } } }
