// The backend of tests that sign in by another provider on several processes: where that is stands in the environment.
import { defineBackend, defineSecret, oidc } from '../../src/index.ts'

const issuer = process.env['TEST_ISSUER'] ?? 'http://127.0.0.1:1'

export const backend = defineBackend({
  name: 'Tea club',
  accounts: {
    providers: [oidc({ name: 'corp', title: 'Corp', issuer, clientId: 'shop', clientSecret: defineSecret('CORP_SECRET') })],
    returnAddresses: ['myapp://signed-in'],
  },
})
