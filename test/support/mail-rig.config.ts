// The shop of tests as a mail rig has it: `MAIL_RIG_DOMAIN` is its domain, `MAIL_RIG_HOST` where it takes mail in, `MAIL_RIG_TLS` the folder of its certificate.
import { before, defineMail, defineSecret, Type } from '../../src/index.ts'
import { backend as shop } from './shop.config.ts'

const { MAIL_RIG_DOMAIN: domain, MAIL_RIG_HOST: host, MAIL_RIG_TLS: folder } = process.env as Record<string, string>

/** As somebody writes it who thinks of no other program: it answers whatever comes. */
const acknowledgment = defineMail('acknowledgment', {
  data: Type.Object({}, { additionalProperties: false }),
  subject: 'Acknowledged',
  text: 'We have got your letter, and acknowledge it.',
})
const acknowledge = before({
  name: 'letters.acknowledge',
  on: 'email.received',
  async run({ email, mail }) {
    if (email.text.includes('acknowledge')) await mail.send(acknowledgment, { to: email.replyTo ?? email.from, data: {} })
  },
})

export const backend = {
  ...shop,
  hooks: [...(shop.hooks ?? []), acknowledge],
  mails: [...(shop.mails ?? []), acknowledgment],
  mail: {
    from: { name: 'Shop', address: `shop@${domain}` },
    dkim: [
      { selector: 'rsa', key: defineSecret('DKIM_RSA') },
      { selector: 'ed', key: defineSecret('DKIM_ED') },
    ],
    inbound: { domain: `in.${domain}`, host: host!, addresses: ['help'], tls: { key: `${folder}/key.pem`, cert: `${folder}/cert.pem` } },
  },
}
