// The shop of tests, with answers to its mails coming in.
import { backend as shop } from './shop.config.ts'

export const backend = { ...shop, mail: { ...shop.mail, inbound: { domain: 'in.shop.test', addresses: ['help'] } } }
