/**
 * Owns what the storefront says about the account, in English or German as the browser wishes; the pages that it leads to do so as well.
 * The shop itself speaks English.
 */
import { ApiError } from 'kingpost/client'
import { shopWords } from './address.ts'
import type { Speech } from './forms.ts'

const english = {
  lang: 'en',
  account: 'Account',
  myAccount: 'My account',
  yourAccount: 'Your account',
  hello: (name: string) => `Hello, ${name}`,
  signIn: 'Sign in',
  signOut: 'Sign out',
  signInOrRegister: 'Sign in or register',
  haveAccount: 'Have an account?',
  email: 'E-mail',
  name: 'Name',
  optional: 'optional',
  password: 'Password',
  passwordHint: (min: number) => `At least ${min} characters.`,
  forgotten: 'Forgotten your password?',
  otherWays: 'Other ways to sign in',
  newHere: 'New here?',
  register: 'Register',
  myOrders: 'My orders',
  noOrders: 'None yet.',
  addresses: 'My addresses',
  noAddresses: 'None kept yet.',
  usualAddress: 'The usual one',
  makeUsual: 'Make it the usual one',
  remove: 'Remove',
  change: 'Change',
  addAddress: 'Add an address',
  saveAddress: 'Save the address',
  addressLabel: 'What you call it',
  addressKept: 'The address is kept.',
  addressRemoved: 'The address is removed.',
  leaveIt: 'Leave it as it was',
  address: shopWords,
  findBook: 'Find a book',
  changePassword: 'Change my password',
  currentPassword: 'Password of now',
  newPassword: 'New password',
  changeIt: 'Change it',
  elsewhereOut: 'You stay signed in here, and are signed out everywhere else.',
  passwordChanged: 'Your password is changed.',
  security: 'Name and address, passkeys, second factor, where you are signed in',
  data: 'download your data or delete the account',
  expired: 'Your session has ended. Please sign in again.',
  yourOrder: 'Your order',
  isYours: 'Is this your order?',
  isYoursText: 'Sign in, follow the link in the mail with your receipt, or open the page in the browser you ordered with.',
  mayExist: 'There may be an account with this e-mail already. Try to sign in with it.',
}

const german: typeof english = {
  lang: 'de',
  account: 'Konto',
  myAccount: 'Mein Konto',
  yourAccount: 'Ihr Konto',
  hello: (name) => `Guten Tag, ${name}`,
  signIn: 'Anmelden',
  signOut: 'Abmelden',
  signInOrRegister: 'Anmelden oder Konto eröffnen',
  haveAccount: 'Haben Sie ein Konto?',
  email: 'E-Mail',
  name: 'Name',
  optional: 'freiwillig',
  password: 'Passwort',
  passwordHint: (min) => `Mindestens ${min} Zeichen.`,
  forgotten: 'Passwort vergessen?',
  otherWays: 'Anders anmelden',
  newHere: 'Neu hier?',
  register: 'Konto eröffnen',
  myOrders: 'Meine Bestellungen',
  noOrders: 'Noch keine.',
  addresses: 'Meine Adressen',
  noAddresses: 'Noch keine gespeichert.',
  usualAddress: 'Die übliche',
  makeUsual: 'Zur üblichen machen',
  remove: 'Entfernen',
  change: 'Ändern',
  addAddress: 'Adresse hinzufügen',
  saveAddress: 'Adresse speichern',
  addressLabel: 'Wie Sie sie nennen',
  addressKept: 'Die Adresse ist gespeichert.',
  addressRemoved: 'Die Adresse ist entfernt.',
  leaveIt: 'So lassen, wie sie war',
  address: {
    lang: 'de',
    fullName: 'Vor- und Nachname',
    street: 'Straße und Hausnummer',
    addition: 'Wohnung, Stockwerk, Firma',
    postcode: 'Postleitzahl',
    zip: 'ZIP-Code',
    town: 'Ort',
    region: 'Region',
    country: 'Land',
    optional: 'freiwillig',
    regions: { AU: 'Bundesstaat', CA: 'Provinz', IE: 'County', IT: 'Provinz', JP: 'Präfektur', US: 'Bundesstaat' },
  },
  findBook: 'Ein Buch finden',
  changePassword: 'Passwort ändern',
  currentPassword: 'Bisheriges Passwort',
  newPassword: 'Neues Passwort',
  changeIt: 'Ändern',
  elsewhereOut: 'Sie bleiben hier angemeldet und werden überall sonst abgemeldet.',
  passwordChanged: 'Ihr Passwort ist geändert.',
  security: 'Name und Adresse, Passkeys, zweiter Faktor, wo Sie angemeldet sind',
  data: 'Daten herunterladen oder Konto löschen',
  expired: 'Ihre Sitzung ist zu Ende. Bitte melden Sie sich noch einmal an.',
  yourOrder: 'Ihre Bestellung',
  isYours: 'Ist das Ihre Bestellung?',
  isYoursText:
    'Melden Sie sich an, folgen Sie dem Link in der E-Mail mit Ihrer Quittung, oder öffnen Sie die Seite in dem Browser, mit dem Sie bestellt haben.',
  mayExist: 'Vielleicht gibt es mit dieser E-Mail schon ein Konto. Melden Sie sich damit an.',
}

const languages = navigator.languages.map((wish) => wish.slice(0, 2).toLowerCase())
const isGerman = languages.find((language) => language === 'de' || language === 'en') === 'de'
export const words = isGerman ? german : english

const germanProblems: Readonly<Record<string, string>> = {
  login_failed: 'E-Mail oder Passwort ist falsch.',
  unauthenticated: german.expired,
  rate_limited: 'Das waren zu viele Versuche. Bitte warten Sie ein wenig.',
  validation_failed: 'Bitte sehen Sie sich die markierten Felder an.',
  overloaded: 'Der Shop ist gerade sehr beschäftigt. Bitte versuchen Sie es gleich noch einmal.',
  storage_unavailable: 'Der Shop wird gerade gewartet. Bitte versuchen Sie es gleich noch einmal.',
}

const germanFaults: Readonly<Record<string, string>> = {
  required: 'Bitte füllen Sie das aus.',
  minLength: 'Das ist zu kurz.',
  maxLength: 'Das ist zu lang.',
  format: 'Das sieht nicht richtig aus.',
  wrong: 'Das ist nicht das Passwort.',
  common: 'Zu einfach: Das würde jeder zuerst versuchen.',
  personal: 'Zu einfach: Das ist Ihr Name oder Ihre Adresse.',
  breached: 'Dieses Passwort wurde anderswo gestohlen. Nehmen Sie eines, das Sie sonst nirgends verwenden.',
}

const germanSpeech: Partial<Speech> = {
  whole: (error) => {
    if (error instanceof ApiError) return germanProblems[error.code] ?? 'Das hat nicht geklappt. Bitte versuchen Sie es noch einmal.'
    if (error instanceof TypeError) return 'Wir erreichen den Shop nicht. Prüfen Sie Ihre Verbindung, und versuchen Sie es noch einmal.'
    return 'Auf dieser Seite ist etwas schiefgegangen. Bitte laden Sie sie neu.'
  },
  field: ({ code }) => germanFaults[code] ?? 'Das wurde nicht angenommen.',
  empty: 'Bitte füllen Sie das aus.',
  tooShort: (min) => `Bitte nehmen Sie mindestens ${min} Zeichen.`,
  odd: 'Das sieht nicht richtig aus.',
}

/** How forms of the account speak of what is wrong. */
export const speech: Partial<Speech> = isGerman ? germanSpeech : {}
