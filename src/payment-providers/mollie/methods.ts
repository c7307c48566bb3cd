/** Those whose money can be authorized now and captured later (https://docs.mollie.com/docs/place-a-hold-for-a-payment). */
export const holdingMethods: readonly string[] = ['applepay', 'creditcard', 'googlepay', 'mobilepay', 'vipps']

/**
 * That a checkout may name; with none, the customer chooses on Mollie's page. Not here: methods that ask for the lines of an order
 * and a full address, such as Klarna, and those that only repeat an earlier payment.
 */
export const mollieMethods = [
  'applepay',
  'bancomatpay',
  'bancontact',
  'banktransfer',
  'belfius',
  'bizum',
  'blik',
  'creditcard',
  'eps',
  'giftcard',
  'googlepay',
  'ideal',
  'kbc',
  'mbway',
  'mobilepay',
  'multibanco',
  'mybank',
  'paybybank',
  'paypal',
  'paysafecard',
  'przelewy24',
  'satispay',
  'swish',
  'trustly',
  'twint',
  'vipps',
] as const
