// A project that takes mail in, by SMTP and out of a mailbox.
import { defineBackend, defineSecret } from '../../src/index.ts'

const port = Number(process.env['BENCH_IMAP_PORT'] ?? 0)

export const backend = defineBackend({
  name: 'Mail',
  mail: {
    from: { name: 'Mail', address: 'mail@shop.test' },
    inbound: {
      domain: 'in.shop.test',
      addresses: ['help'],
      port: 0,
      ...(port > 0 && {
        imap: [
          { host: '127.0.0.1', port, tls: 'none', user: 'bench@in.shop.test', password: defineSecret('BENCH_PASSWORD'), since: 'all' },
        ],
      }),
    },
  },
})
