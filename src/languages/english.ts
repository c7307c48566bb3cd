// English: all that people outside are written to in it, mails and documents. The view's fields are listed beside each mail; other languages
// have the same. What a stranger types is never prose in a mail to somebody else.
import type { WordShape } from './mail-words.ts'

export const english = {
  accountMails: {
    /** {url} */
    account_verify: {
      subject: 'Confirm your address at {{shop}}',
      heading: 'Welcome!',
      lines: ['Somebody, probably you, opened an account at {{shop}} with this address. Confirm that it is yours:'],
      button: 'Confirm my address',
      after: [
        'The link is good for three days. If you did not open the account, do nothing: it stays unconfirmed. If you want it, set a password of your own first.',
      ],
    },
    /** {url} */
    account_exists: {
      subject: 'You already have an account at {{shop}}',
      heading: 'You already have an account',
      lines: ['Somebody, probably you, wanted to use this address for an account at {{shop}}. You have one already.'],
      button: 'Sign in',
      after: ['If it was not you, there is nothing to do.'],
    },
    /** {url} */
    account_reset: {
      subject: 'Set a new password at {{shop}}',
      heading: 'Set a new password',
      lines: ['Somebody, probably you, asked for a new password for your account at {{shop}}.'],
      button: 'Set a new password',
      after: ['The link is good for one hour and works once. If it was not you, there is nothing to do: your password stays as it is.'],
    },
    /** {url} */
    account_magic: {
      subject: 'Sign in to {{shop}}',
      heading: 'Sign in',
      lines: ['With this link you sign in to {{shop}}, without a password.'],
      button: 'Sign in',
      after: ['The link is good for 15 minutes and works once. If you did not ask for it, do not open it, and pass it on to nobody.'],
    },
    /** {code} */
    account_code: {
      subject: 'Your code for {{shop}}',
      heading: 'Your code',
      lines: ['With this code you sign in to {{shop}}:'],
      hasCode: true,
      after: [
        'It is good for ten minutes and works once. If you did not ask for it, tell it to nobody: nobody at {{shop}} ever asks for it.',
      ],
    },
    /** {url} */
    account_change_email: {
      subject: 'Confirm your new address at {{shop}}',
      heading: 'Your new address',
      lines: [
        'Somebody, probably you, wants to move their account at {{shop}} to this address. Confirm it where you are signed in to that account:',
      ],
      button: 'Confirm my new address',
      after: ['The link is good for one day, and for whoever is signed in to that account alone. If it is not yours, do nothing.'],
    },
    /** {url}: empty where there is no way back */
    account_email_changed: {
      subject: 'Your address at {{shop}} was changed',
      heading: 'Your address was changed',
      lines: [
        'Your account at {{shop}} has moved to another address.',
        '{{#url}}If it was not you, take it back within seven days. Everybody is signed out then, and you set a new password.{{/url}}',
      ],
      button: 'This was not me',
      after: ['If it was you, there is nothing to do.'],
    },
    /** {url} */
    account_password: {
      subject: 'Your password at {{shop}} was changed',
      heading: 'Your password was changed',
      lines: ['The password of your account at {{shop}} was changed, and it is signed out everywhere else.'],
      button: 'Your account',
      after: ['If it was not you, set a new password at once, and write to {{shop}}.'],
    },
    /** {url} */
    account_factor_added: {
      subject: 'Your account at {{shop}} has a second factor',
      heading: 'A second factor was added',
      lines: [
        'From now on your account at {{shop}} asks for a code of an authenticator app at each sign-in. It is signed out everywhere else.',
      ],
      button: 'Your account',
      after: ['Keep the recovery codes where you find them without your telephone. If it was not you, write to {{shop}} at once.'],
    },
    /** {url} */
    account_factor_removed: {
      subject: 'The second factor of your account at {{shop}} was removed',
      heading: 'The second factor was removed',
      lines: [
        'What your account at {{shop}} asked for at each sign-in beside a password or a mail was removed.',
        'Recovery codes work no more, unless a passkey is left.',
      ],
      button: 'Your account',
      after: ['If you neither did this nor asked for it, set a new password at once, and write to {{shop}}.'],
    },
    /** {url} */
    account_passkey_added: {
      subject: 'Your account at {{shop}} has a new passkey',
      heading: 'A passkey was added',
      lines: [
        'Whoever has it signs in to your account at {{shop}} with it alone.',
        'After a password or a mail the account asks for a passkey, an authenticator app or a recovery code.',
      ],
      button: 'Your account',
      after: ['If it was not you, remove it at once, set a new password, and write to {{shop}}.'],
    },
    /** {url} */
    account_passkey_removed: {
      subject: 'A passkey of your account at {{shop}} was removed',
      heading: 'A passkey was removed',
      lines: [
        'It does not open your account at {{shop}} any more. Where it was the last, and there is no authenticator app, recovery codes work no more.',
      ],
      button: 'Your account',
      after: ['If you neither did this nor asked for it, set a new password at once, and write to {{shop}}.'],
    },
    /** {url} */
    account_export: {
      subject: 'Your data at {{shop}} is ready',
      heading: 'Your data is ready',
      lines: ['What {{shop}} has of you was gathered in one archive. Sign in to download it:'],
      button: 'Your account',
      after: ['It is deleted after three days. If you did not ask for it, there is nothing to do: nobody else can open it.'],
    },
    /** {day}, {url}: empty where there is no way back */
    account_erasure: {
      subject: 'Your account at {{shop}} will be deleted',
      heading: 'Your account will be deleted',
      lines: [
        'Your account at {{shop}} is closed, and will be deleted on {{day}} with all that names you. Orders stay in the books, without your name and address.',
        '{{#url}}Until then you can keep it:{{/url}}',
      ],
      button: 'Keep my account',
      after: ['An order that is under way is waited for, up to four weeks. If you want the account deleted, there is nothing to do.'],
    },
    /** {url} */
    account_kept: {
      subject: 'Your account at {{shop}} is not deleted',
      heading: 'Your account is not deleted',
      lines: ['Your account at {{shop}} was to be deleted. It has been opened again, and stays.'],
      button: 'Your account',
      after: ['If you want it deleted after all, delete it in your account, or write to {{shop}}.'],
    },
    /** {url, provider} */
    account_identity_added: {
      subject: 'Your account at {{shop}} can be entered by {{provider}}',
      heading: 'A provider was linked',
      lines: ['From now on your account at {{shop}} can be entered by signing in at {{provider}}.'],
      button: 'Your account',
      after: ['If it was not you, unlink {{provider}} in your account, set a new password at once, and write to {{shop}}.'],
    },
    /** {url, provider} */
    account_identity_removed: {
      subject: 'Your account at {{shop}} is not linked to {{provider}} any more',
      heading: 'A provider was unlinked',
      lines: ['Your account at {{shop}} cannot be entered by signing in at {{provider}} any more.'],
      button: 'Your account',
      after: ['If it was not you, set a new password at once, and write to {{shop}}.'],
    },
    /** {url} */
    account_key_made: {
      subject: 'Your account at {{shop}} has a new API key',
      heading: 'An API key was made',
      lines: ['Somebody, probably you, made an API key of your account at {{shop}}. A program that has it can act for you.'],
      button: 'Your account',
      after: ['If it was not you, end the key, set a new password at once, and write to {{shop}}.'],
    },
    /** {url, by, roles}. `by` has shown that the address is theirs. */
    account_invitation: {
      subject: 'You are invited to {{shop}}',
      heading: 'You are invited',
      lines: ['{{by}} invites you to work on {{shop}}. Your roles: {{roles}}.'],
      button: 'Look at the invitation',
      after: ['The link is good for seven days and works once. If you do not know who that is, do nothing.'],
    },
    /** {url} */
    account_impersonated: {
      subject: 'Our support works in your account at {{shop}}',
      heading: 'Our support works in your account',
      lines: [
        'Somebody of the support of {{shop}} has opened your account for half an hour, and can order or change things there for you.',
      ],
      button: 'Your account',
      after: ['They cannot see or change your password. If you have not asked us for anything, write to {{shop}}.'],
    },
    /** {url} */
    account_recovery_used: {
      subject: 'A recovery code of your account at {{shop}} was used',
      heading: 'A recovery code was used',
      lines: ['Somebody, probably you, used one of the recovery codes of your account at {{shop}}. It works no more.'],
      button: 'Your account',
      after: ['If few are left, make new ones. If it was not you, set a new password at once, make new codes, and write to {{shop}}.'],
    },
  },
  orderMails: {
    /** {number, url, items} */
    order_downloads: {
      subject: 'Your downloads of order {{number}} at {{shop}}',
      heading: 'Your downloads are ready',
      lines: ['This of your order {{number}} can be downloaded now, on the page of your order:'],
      hasItems: true,
      button: 'To your downloads',
      after: [],
    },
    /** {number, url, items, tracking, isRest}; `isRest`: more of it is yet to come */
    order_shipped: {
      subject: 'Order {{number}} at {{shop}} is on its way',
      heading: 'Your parcel is on its way',
      lines: ['We have sent this of your order {{number}}:'],
      hasItems: true,
      hasTracking: true,
      button: 'See your order',
      after: [['isRest', 'The rest of your order follows in another parcel.']],
    },
    /** {number, url, items, back}; `back` may be empty: nothing was charged for it */
    order_units_canceled: {
      subject: 'A part of order {{number}} at {{shop}} is canceled',
      heading: 'A part of your order is canceled',
      lines: ['This of your order {{number}} is canceled:'],
      hasItems: true,
      button: 'See your order',
      after: [
        ['back', '{{back}} go back the way you paid.'],
        ['^back', 'You are not charged for it.'],
      ],
    },
    /** {number, url, amount, items, isCredit}; `items` may be empty */
    order_refunded: {
      subject: 'Money back for order {{number}} at {{shop}}',
      heading: 'You get money back',
      lines: [
        [
          '^isCredit',
          'We give you {{amount}} of your order {{number}} back. It goes back the way you paid, and can take some days to arrive.',
        ],
        ['isCredit', 'We give you {{amount}} of your order {{number}} back, as credit that you can spend at {{shop}}.'],
      ],
      hasItems: true,
      button: 'See your order',
      after: ['You need not do anything.'],
    },
    /** {number, url, items} */
    return_requested: {
      subject: 'Your return of order {{number}} at {{shop}}',
      heading: 'We have your request',
      lines: ['You want to send this of your order {{number}} back:'],
      hasItems: true,
      button: 'See your order',
      after: ['Please wait for our answer before you send anything.'],
    },
    /** {number, url, items, instructions, exchange} */
    return_approved: {
      subject: 'Send back what you returned of order {{number}}',
      heading: 'You can send it back',
      lines: ['Please send this of your order {{number}} back:'],
      hasItems: true,
      button: 'See your order',
      after: [
        ['instructions', '{{instructions}}'],
        ['exchange', 'We send you what you get instead once it is back.'],
      ],
    },
    /** {number, url, reason, due} */
    return_rejected: {
      subject: 'Your return of order {{number}} at {{shop}}',
      heading: 'We cannot take it back',
      lines: ['We cannot take back what you asked for of your order {{number}}.', ['reason', '{{reason}}']],
      button: 'See your order',
      after: [
        ['due', '{{due}} are to be paid for what you were to get instead. If you do not want it any more, answer this mail.'],
        'If you think that this is wrong, answer this mail.',
      ],
    },
    /** {number, url, items, exchange, nothing, back, due, deduction}; each may be empty */
    return_completed: {
      subject: 'Your return of order {{number}} at {{shop}} has arrived',
      heading: 'Thank you, it has arrived',
      lines: ['We have this of your order {{number}} back:'],
      hasItems: true,
      button: 'See your order',
      after: [
        ['exchange', 'It pays for what you get instead, as far as it goes.'],
        ['back', '{{back}} go back to you.'],
        ['nothing', 'No money goes back for it.'],
        ['due', '{{due}} are still to be paid for what you get instead. We send it once they are.'],
        ['deduction', '{{deduction}} were deducted.{{#reason}} {{reason}}{{/reason}}'],
      ],
    },
    /** {number, url, text} */
    order_note: {
      subject: 'About your order {{number}} at {{shop}}',
      heading: 'About your order {{number}}',
      lines: ['{{text}}'],
      button: 'See your order',
      after: [],
    },
    /** {number, url} */
    order_link: {
      subject: 'Your order {{number}} at {{shop}}',
      heading: 'Your order {{number}}',
      lines: ['Somebody, probably you, asked for a link to your order {{number}} at {{shop}}.'],
      button: 'See your order',
      after: ['Whoever has the link sees the order: pass it on to nobody. If you did not ask for it, there is nothing to do.'],
    },
    /** {number, isExpired} */
    order_unmatched: {
      subject: 'Your payment for order {{number}} at {{shop}}',
      heading: 'Your money is on its way back',
      lines: [
        ['isExpired', 'Your payment for order {{number}} arrived after the order was closed: it was not paid in time.'],
        ['^isExpired', 'Your payment for order {{number}} arrived after the order was canceled.'],
      ],
      after: ['You need not do anything.'],
    },
    /** {number, url, isPaid} */
    order_canceled: {
      subject: 'Order {{number}} at {{shop}} is canceled',
      heading: 'Your order is canceled',
      lines: [
        'Your order {{number}} is canceled. {{#isPaid}}What you paid goes back the way it came.{{/isPaid}}{{^isPaid}}Nothing was charged.{{/isPaid}}',
      ],
      button: 'See your order',
      after: [],
    },
    /** {number, url, isPaid} */
    order_expired: {
      subject: 'Order {{number}} at {{shop}} was not paid in time',
      heading: 'Your order is closed',
      lines: [
        'Your order {{number}} was not paid in time and is closed.',
        '{{#isPaid}}What you paid goes back the way it came.{{/isPaid}}{{^isPaid}}Nothing was charged.{{/isPaid}}',
      ],
      button: 'See your order',
      after: [],
    },
    /** {number, url} */
    payment_failed: {
      subject: 'Your payment for order {{number}} at {{shop}} did not arrive',
      heading: 'Your payment did not arrive',
      lines: [
        'Your payment for order {{number}} has failed. Nothing was charged.',
        'You can try again while the order is open, or order again later.',
      ],
      button: 'See your order',
      after: [],
    },
    /** {number, url, amount, holder, iban, bic, reference, day, isSent}; `bic` may be null, `day` empty; not `isSent`: it is downloaded */
    transfer_instructions: {
      subject: 'How to pay order {{number}} at {{shop}}',
      heading: 'How to pay your order',
      lines: [
        'Thank you for your order {{number}}. It {{#isSent}}is sent{{/isSent}}{{^isSent}}can be downloaded{{/isSent}} when your money has arrived.',
        'Please transfer {{amount}}{{#day}} by {{day}}{{/day}} to:',
      ],
      rows: [
        ['Account holder', 'holder'],
        ['IBAN', 'iban'],
        ['BIC', 'bic'],
        ['Reference', 'reference'],
      ],
      button: 'See your order, or pay another way',
      after: ['Write the reference with it, so that we know whose money it is.'],
    },
    /** {number, due, day, url} */
    payment_link: {
      subject: 'Pay for your order {{number}} at {{shop}}',
      heading: 'Your order waits for its payment',
      lines: ['{{due}} of your order {{number}} are still to be paid.', 'Pay until {{day}}, or pass the link on to whoever pays.'],
      button: 'Pay {{due}}',
      after: [],
    },
    /** {value, code, expires, message, url}; `code` holds the mark of the secret */
    gift_card: {
      subject: 'Your gift card for {{shop}}',
      heading: 'You have a gift card',
      lines: ['It is for {{shop}}, and worth {{value}}.', ['message', '{{message}}'], 'Its code:'],
      hasCode: true,
      button: 'Go to the shop',
      after: [
        'Type the code when you check out. Whoever has it can spend it: keep it like cash.{{#expires}} It is good until {{expires}}.{{/expires}}',
      ],
    },
    /** {number, url, invoiceNumber, amount}; the invoice is attached */
    invoice: {
      subject: 'Your invoice {{invoiceNumber}} from {{shop}}',
      heading: 'Your invoice',
      lines: ['The invoice {{invoiceNumber}} of your order {{number}} is attached. It comes to {{amount}}.'],
      button: 'See your order',
      after: [],
    },
    /** {number, url, invoiceNumber, amount}; the credit note is attached */
    credit_note: {
      subject: 'Your credit note {{invoiceNumber}} from {{shop}}',
      heading: 'Your credit note',
      lines: ['The credit note {{invoiceNumber}} of your order {{number}} is attached: {{amount}} less than its invoice says.'],
      button: 'See your order',
      after: [],
    },
    /** {url, items} */
    cart_reminder: {
      subject: 'Your cart at {{shop}}',
      heading: 'Your cart is still there',
      lines: ['You left something in your cart:'],
      hasItems: true,
      button: 'Go to your cart',
      after: ['You get this once. Nothing is ordered, and nothing is kept for you.'],
    },
  },
  /** The table of a receipt: {number, items, subtotal, discount, shipping, taxAdded, total, taxIncluded, address, isPaid, isSent, hasDownloads, hasConsent} */
  receipt: {
    subject: 'Your order {{number}} at {{shop}}',
    heading: 'Thank you!',
    placed: 'Your order {{number}} is placed{{#isPaid}}, and your payment has arrived{{/isPaid}}.',
    subtotal: 'Subtotal',
    discount: 'Discount',
    shipping: 'Shipping',
    tax: 'Tax',
    total: 'Total',
    taxIncluded: 'Including {{taxIncluded}} tax',
    goesTo: 'It goes to:',
    downloads: 'Your downloads are on the page of your order.',
    consent: 'You agreed that what is digital is delivered at once, and that your right to withdraw from buying it has ended by that.',
    button: 'See your order',
  },
  /** What stands on a document besides its data. */
  document: {
    invoice: 'Invoice',
    creditNote: 'Credit note',
    number: 'Number',
    date: 'Date',
    order: 'Order',
    ordered: 'Ordered on',
    supplied: 'Supplied on',
    yourVatId: 'Your VAT ID',
    corrects: 'For invoice',
    of: 'of',
    shipTo: 'Delivered to',
    position: 'No.',
    description: 'Description',
    quantity: 'Qty',
    unitPrice: 'Price',
    rate: 'Tax',
    amount: 'Amount',
    discount: 'Discount',
    net: 'Net',
    tax: 'Tax',
    gross: 'Total',
    sumNet: 'Total without tax',
    sum: 'Total',
    includesTax: 'Prices include tax.',
    addsTax: 'Prices are without tax.',
    paid: 'Paid',
    due: 'Amount due',
    givenBack: 'It is given back the way it was paid.',
    setOff: 'Set off',
    taxNumber: 'Tax number',
    vatId: 'VAT ID',
    page: 'Page',
    continued: 'continued',
    amountsIn: 'All amounts in',
    taxIn: 'Tax in {currency}: {amount} (1 {from} = {rate} {currency}, {source}, {day}).',
  },
  /** What is written into a document when it is issued: later changes of these words change no document. */
  issued: {
    refundOf: 'Refund for order {number}',
    chargeOf: 'Change of order {number}',
    givenBack: 'It is given back the way it was paid, unless agreed otherwise.',
    setOffWhole: 'It is not paid out: so much less is to be paid for the order.',
    setOffPart:
      'Of this amount, {amount} lower what is to be paid for the order. The rest is given back the way it was paid, unless agreed otherwise.',
    export: 'Export outside the EU, exempt from tax.',
    withinEu: 'Intra-Community supply, exempt from tax. The buyer accounts for the tax.',
    reverseCharge: 'Reverse charge: the buyer accounts for the tax.',
    exempt: 'Exempt from tax.',
  },
  /** Below mails that nobody asked for, and the page that its link leads to. */
  unsubscribe: {
    footer: 'No more mails like this:',
    link: 'Unsubscribe',
    title: 'Unsubscribe',
    ask: 'Do you want no more mails like this from {shop}? What you order, and what your account needs, is still written to you.',
    button: 'Unsubscribe',
    doneTitle: 'You are unsubscribed',
    done: 'You get no more mails like this from {shop}.',
    brokenTitle: 'This link does not work',
    broken: 'Copy the whole link from the mail, or answer the mail.',
  },
  months: ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'],
  /** Between a day and its month, of 30 November. */
  afterDay: '',
  point: '.',
  group: ',',
} as const satisfies WordShape
