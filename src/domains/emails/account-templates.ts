// The mails of accounts, in each language. They say nothing that a stranger typed: anybody can cause most of them. `url` and
// `code` hold the mark of the secret. One source for text and HTML, so that both say the same.
import type { Language } from '../../base/language.ts'
import type { Template } from './render.ts'
import { type Words, writtenTemplate } from './written-template.ts'

const english = {
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
    lines: ['Somebody of the support of {{shop}} has opened your account for half an hour, and can order or change things there for you.'],
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
} as const satisfies Record<string, Words>

export type AccountTemplate = keyof typeof english

const german: Readonly<Record<AccountTemplate, Words>> = {
  account_verify: {
    subject: 'Bestätigen Sie Ihre Adresse bei {{shop}}',
    heading: 'Willkommen!',
    lines: ['Jemand, vermutlich Sie, hat mit dieser Adresse ein Konto bei {{shop}} eröffnet. Bestätigen Sie, dass sie Ihnen gehört:'],
    button: 'Adresse bestätigen',
    after: [
      'Der Link gilt drei Tage. Wenn Sie das Konto nicht eröffnet haben, tun Sie nichts: Es bleibt unbestätigt. Wenn Sie es haben möchten, setzen Sie zuerst ein eigenes Passwort.',
    ],
  },
  account_exists: {
    subject: 'Sie haben schon ein Konto bei {{shop}}',
    heading: 'Sie haben schon ein Konto',
    lines: ['Jemand, vermutlich Sie, wollte diese Adresse für ein Konto bei {{shop}} verwenden. Sie haben dort schon eines.'],
    button: 'Anmelden',
    after: ['Wenn Sie es nicht waren, müssen Sie nichts tun.'],
  },
  account_reset: {
    subject: 'Neues Passwort für {{shop}}',
    heading: 'Neues Passwort setzen',
    lines: ['Jemand, vermutlich Sie, hat für Ihr Konto bei {{shop}} ein neues Passwort angefordert.'],
    button: 'Neues Passwort setzen',
    after: ['Der Link gilt eine Stunde und nur einmal. Wenn Sie es nicht waren, müssen Sie nichts tun: Ihr Passwort bleibt, wie es ist.'],
  },
  account_magic: {
    subject: 'Anmelden bei {{shop}}',
    heading: 'Anmelden',
    lines: ['Mit diesem Link melden Sie sich ohne Passwort bei {{shop}} an.'],
    button: 'Anmelden',
    after: [
      'Der Link gilt 15 Minuten und nur einmal. Wenn Sie ihn nicht angefordert haben, öffnen Sie ihn nicht und geben Sie ihn nicht weiter.',
    ],
  },
  account_code: {
    subject: 'Ihr Code für {{shop}}',
    heading: 'Ihr Code',
    lines: ['Mit diesem Code melden Sie sich bei {{shop}} an:'],
    hasCode: true,
    after: [
      'Er gilt zehn Minuten und nur einmal. Wenn Sie ihn nicht angefordert haben, nennen Sie ihn niemandem: Niemand von {{shop}} fragt je danach.',
    ],
  },
  account_change_email: {
    subject: 'Bestätigen Sie Ihre neue Adresse bei {{shop}}',
    heading: 'Ihre neue Adresse',
    lines: [
      'Jemand, vermutlich Sie, möchte mit einem Konto bei {{shop}} zu dieser Adresse umziehen. Bestätigen Sie es dort, wo Sie in diesem Konto angemeldet sind:',
    ],
    button: 'Neue Adresse bestätigen',
    after: ['Der Link gilt einen Tag, und nur für den, der in diesem Konto angemeldet ist. Wenn es nicht Ihres ist, tun Sie nichts.'],
  },
  account_email_changed: {
    subject: 'Ihre Adresse bei {{shop}} wurde geändert',
    heading: 'Ihre Adresse wurde geändert',
    lines: [
      'Ihr Konto bei {{shop}} ist zu einer anderen Adresse umgezogen.',
      '{{#url}}Wenn Sie es nicht waren, holen Sie es innerhalb von sieben Tagen zurück. Dann werden alle abgemeldet, und Sie setzen ein neues Passwort.{{/url}}',
    ],
    button: 'Das war ich nicht',
    after: ['Wenn Sie es waren, müssen Sie nichts tun.'],
  },
  account_password: {
    subject: 'Ihr Passwort bei {{shop}} wurde geändert',
    heading: 'Ihr Passwort wurde geändert',
    lines: ['Das Passwort Ihres Kontos bei {{shop}} wurde geändert, und das Konto ist überall sonst abgemeldet.'],
    button: 'Ihr Konto',
    after: ['Wenn Sie es nicht waren, setzen Sie sofort ein neues Passwort und schreiben Sie an {{shop}}.'],
  },
  account_factor_added: {
    subject: 'Ihr Konto bei {{shop}} hat einen zweiten Faktor',
    heading: 'Ein zweiter Faktor ist dazugekommen',
    lines: [
      'Ihr Konto bei {{shop}} fragt ab jetzt bei jeder Anmeldung nach einem Code einer Authenticator-App. Überall sonst ist es abgemeldet.',
    ],
    button: 'Ihr Konto',
    after: [
      'Bewahren Sie die Wiederherstellungscodes so auf, dass Sie sie auch ohne Ihr Telefon finden. Wenn Sie es nicht waren, schreiben Sie sofort an {{shop}}.',
    ],
  },
  account_factor_removed: {
    subject: 'Der zweite Faktor Ihres Kontos bei {{shop}} wurde entfernt',
    heading: 'Der zweite Faktor wurde entfernt',
    lines: [
      'Wonach Ihr Konto bei {{shop}} bei jeder Anmeldung neben Passwort oder E-Mail fragte, wurde entfernt.',
      'Wiederherstellungscodes gelten nicht mehr, außer es ist noch ein Passkey da.',
    ],
    button: 'Ihr Konto',
    after: ['Wenn Sie das weder getan noch darum gebeten haben, setzen Sie sofort ein neues Passwort und schreiben Sie an {{shop}}.'],
  },
  account_passkey_added: {
    subject: 'Ihr Konto bei {{shop}} hat einen neuen Passkey',
    heading: 'Ein Passkey ist dazugekommen',
    lines: [
      'Wer ihn hat, meldet sich allein damit bei {{shop}} an.',
      'Nach Passwort oder E-Mail fragt das Konto nach einem Passkey, einer Authenticator-App oder einem Wiederherstellungscode.',
    ],
    button: 'Ihr Konto',
    after: ['Wenn Sie es nicht waren, entfernen Sie ihn sofort, setzen Sie ein neues Passwort und schreiben Sie an {{shop}}.'],
  },
  account_passkey_removed: {
    subject: 'Ein Passkey Ihres Kontos bei {{shop}} wurde entfernt',
    heading: 'Ein Passkey wurde entfernt',
    lines: [
      'Er öffnet Ihr Konto bei {{shop}} nicht mehr. War er der letzte, und gibt es keine Authenticator-App, gelten die Wiederherstellungscodes nicht mehr.',
    ],
    button: 'Ihr Konto',
    after: ['Wenn Sie das weder getan noch darum gebeten haben, setzen Sie sofort ein neues Passwort und schreiben Sie an {{shop}}.'],
  },
  account_export: {
    subject: 'Ihre Daten bei {{shop}} sind bereit',
    heading: 'Ihre Daten sind bereit',
    lines: ['Was {{shop}} von Ihnen hat, wurde in einem Archiv gesammelt. Melden Sie sich an, um es herunterzuladen:'],
    button: 'Ihr Konto',
    after: ['Nach drei Tagen wird es gelöscht. Wenn Sie nicht darum gebeten haben, müssen Sie nichts tun: Niemand sonst kann es öffnen.'],
  },
  account_erasure: {
    subject: 'Ihr Konto bei {{shop}} wird gelöscht',
    heading: 'Ihr Konto wird gelöscht',
    lines: [
      'Ihr Konto bei {{shop}} ist geschlossen und wird am {{day}} gelöscht, mit allem, was Sie nennt. Bestellungen bleiben in den Büchern, ohne Ihren Namen und Ihre Adresse.',
      '{{#url}}Bis dahin können Sie es behalten:{{/url}}',
    ],
    button: 'Konto behalten',
    after: ['Auf eine laufende Bestellung wird bis zu vier Wochen gewartet. Wenn das Konto gelöscht werden soll, müssen Sie nichts tun.'],
  },
  account_kept: {
    subject: 'Ihr Konto bei {{shop}} wird nicht gelöscht',
    heading: 'Ihr Konto wird nicht gelöscht',
    lines: ['Ihr Konto bei {{shop}} sollte gelöscht werden. Es wurde wieder geöffnet und bleibt.'],
    button: 'Ihr Konto',
    after: ['Wenn es doch gelöscht werden soll, löschen Sie es in Ihrem Konto, oder schreiben Sie an {{shop}}.'],
  },
  account_identity_added: {
    subject: 'Ihr Konto bei {{shop}} ist mit {{provider}} verknüpft',
    heading: 'Ein Anbieter ist dazugekommen',
    lines: ['In Ihr Konto bei {{shop}} kommt man ab jetzt auch mit einer Anmeldung bei {{provider}}.'],
    button: 'Ihr Konto',
    after: [
      'Wenn Sie es nicht waren, lösen Sie {{provider}} in Ihrem Konto, setzen Sie sofort ein neues Passwort und schreiben Sie an {{shop}}.',
    ],
  },
  account_identity_removed: {
    subject: 'Ihr Konto bei {{shop}} ist nicht mehr mit {{provider}} verknüpft',
    heading: 'Ein Anbieter wurde gelöst',
    lines: ['In Ihr Konto bei {{shop}} kommt man nicht mehr mit einer Anmeldung bei {{provider}}.'],
    button: 'Ihr Konto',
    after: ['Wenn Sie es nicht waren, setzen Sie sofort ein neues Passwort und schreiben Sie an {{shop}}.'],
  },
  account_key_made: {
    subject: 'Ihr Konto bei {{shop}} hat einen neuen API-Schlüssel',
    heading: 'Ein API-Schlüssel wurde erstellt',
    lines: [
      'Jemand, vermutlich Sie, hat einen API-Schlüssel Ihres Kontos bei {{shop}} erstellt. Ein Programm, das ihn hat, kann für Sie handeln.',
    ],
    button: 'Ihr Konto',
    after: ['Wenn Sie es nicht waren, beenden Sie den Schlüssel, setzen Sie sofort ein neues Passwort und schreiben Sie an {{shop}}.'],
  },
  account_invitation: {
    subject: 'Sie sind eingeladen zu {{shop}}',
    heading: 'Sie sind eingeladen',
    lines: ['{{by}} lädt Sie ein, bei {{shop}} mitzuarbeiten. Ihre Rollen: {{roles}}.'],
    button: 'Einladung ansehen',
    after: ['Der Link gilt sieben Tage und nur einmal. Wenn Sie nicht wissen, wer das ist, tun Sie nichts.'],
  },
  account_impersonated: {
    subject: 'Unsere Betreuung arbeitet in Ihrem Konto bei {{shop}}',
    heading: 'Unsere Betreuung arbeitet in Ihrem Konto',
    lines: [
      'Jemand von der Betreuung von {{shop}} hat Ihr Konto für eine halbe Stunde geöffnet und kann dort für Sie bestellen oder etwas ändern.',
    ],
    button: 'Ihr Konto',
    after: ['Ihr Passwort kann dort niemand sehen oder ändern. Wenn Sie uns um nichts gebeten haben, schreiben Sie an {{shop}}.'],
  },
  account_recovery_used: {
    subject: 'Ein Wiederherstellungscode Ihres Kontos bei {{shop}} wurde benutzt',
    heading: 'Ein Wiederherstellungscode wurde benutzt',
    lines: ['Jemand, vermutlich Sie, hat einen der Wiederherstellungscodes Ihres Kontos bei {{shop}} benutzt. Er gilt nicht mehr.'],
    button: 'Ihr Konto',
    after: [
      'Wenn nur noch wenige übrig sind, erzeugen Sie neue. Wenn Sie es nicht waren, setzen Sie sofort ein neues Passwort, erzeugen Sie neue Codes und schreiben Sie an {{shop}}.',
    ],
  },
}

const words: Readonly<Record<Language, Readonly<Record<AccountTemplate, Words>>>> = { en: english, de: german }

/** A template with its name, as `queueEmail` takes it. */
export function accountTemplate(name: AccountTemplate, language: Language): Template & { readonly name: string } {
  return writtenTemplate(name, language, words[language][name])
}
