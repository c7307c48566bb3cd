// The defences of taxes, as in account-defences.ts.
import type { Defence } from './defences.ts'

const test = 'test/api/tax-exemptions.test.ts'
const exemption = 'src/config/tax-exemption.ts'

export const taxDefences: readonly Defence[] = [
  {
    name: 'a buyer of the seller’s own country is never reverse charged',
    file: exemption,
    from: 'there !== null && home !== there',
    to: 'there !== null',
    test,
    asked: ['is none, of the seller'],
  },
  {
    name: 'a number of the seller’s own country exempts from no tax',
    file: exemption,
    from: 'vatIdCountry(vatId) !== home',
    to: "vatIdCountry(vatId) !== ''",
    test,
    asked: ['with a number of the seller'],
  },
  {
    name: 'the silence of VIES is taken for no yes',
    file: exemption,
    from: "vatCheck.state === 'valid'",
    to: "vatCheck.state !== 'invalid'",
    test,
    asked: ['its silence is no answer'],
  },
  {
    name: 'VIES is asked by nobody with the cart of another',
    file: 'src/domains/carts/update-cart.ts',
    from: 'checkOpen(await getCart(read, model, actor, input.id))',
    to: 'void [checkOpen, getCart, read, model, actor]',
    test,
    asked: ['nobody has it asked by the cart of another'],
  },
  {
    name: 'where a placed order goes is not moved past what its tax was asked for',
    file: 'src/domains/orders/edit-placed.ts',
    from: 'if (tax.service !== null && isElsewhere)',
    to: 'if (tax.service === undefined && isElsewhere)',
    test: 'test/api/tax-service.test.ts',
    asked: ['what is added to an order'],
  },
  {
    name: 'a customer group is one that the config names',
    file: 'src/domains/accounts/update-user.ts',
    from: 'known.includes(wanted)',
    to: 'known.length > 0',
    test: 'test/api/taxes.test.ts',
    asked: ['a customer group is one that the config names'],
  },
  {
    name: 'an invoice that needs an exchange rate waits for it',
    file: 'src/domains/invoices/tax-currency.ts',
    from: "return exchange === null || exchange === 'missing' || exchange.currency !== taxCurrencyOf(project)",
    to: 'return false',
    test: 'test/api/invoices.test.ts',
    asked: ['in another currency says its tax'],
  },
  {
    name: 'an exchange rate is a decimal text and not of tomorrow',
    file: 'src/cli/exchange-rates.ts',
    from: '!isDay(day) || day > asked',
    to: '!isDay(day)',
    test: 'test/api/invoices.test.ts',
    asked: ['in another currency says its tax'],
  },
]
