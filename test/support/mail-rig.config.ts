// The shop of tests as a mail rig has it: `MAIL_RIG_DOMAIN` is its domain, `MAIL_RIG_HOST` where it takes mail in, `MAIL_RIG_TLS` the folder of its certificate.
import { defineSecret } from '../../src/index.ts'
import { backend as shop } from './shop.config.ts'

const { MAIL_RIG_DOMAIN: domain, MAIL_RIG_HOST: host, MAIL_RIG_TLS: folder } = process.env as Record<string, string>

export const backend = {
  ...shop,
  mail: {
    from: { name: 'Shop', address: `shop@${domain}` },
    dkim: [
      { selector: 'rsa', key: defineSecret('DKIM_RSA') },
      { selector: 'ed', key: defineSecret('DKIM_ED') },
    ],
    inbound: { domain: `in.${domain}`, host: host!, addresses: ['help'], tls: { key: `${folder}/key.pem`, cert: `${folder}/cert.pem` } },
  },
}
