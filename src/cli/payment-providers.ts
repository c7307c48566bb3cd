// The payment providers that this version has adapters for: the one place that knows them by name. A config says which of
// them take a shop's money (`shop.payments`), and all else goes by the providers that it is given.
import type { PaymentProviderConfig } from '../config/payment-makers.ts'
import type { OfferedProvider } from '../engine/config-check/check-payments.ts'
import { mollieMethods } from '../payment-providers/mollie/methods.ts'
import { payPalCurrencies } from '../payment-providers/paypal/amounts.ts'
import { payPalMethods } from '../payment-providers/paypal/methods.ts'
import { stripeMethods } from '../payment-providers/stripe/methods.ts'
import { sandboxMethods } from '../sandbox/taking.ts'
import type { OpenProvider, ProviderPlace } from './open-provider.ts'
import { openKeys } from './payment-keys.ts'

type Kind = {
  /** As whoever starts a server reads it. */
  readonly title: string
  readonly methods: readonly string[]
  /** ISO 4217; whatever there is when left out. */
  readonly currencies?: readonly string[]
  /** That its maker asks for. */
  readonly secrets: readonly string[]
  /** Moves no money: not there in production. */
  readonly isForDevelopment: boolean
  /** What the addresses of its own pages begin with; no page of ours has their first part. */
  readonly path: string | null
  /** Only for a config that names it. */
  readonly isOnlyNamed?: true
  /** Loads it first: a process need not wait for what it does not use. */
  open(place: ProviderPlace): Promise<OpenProvider>
}

const kinds: Readonly<Record<string, Kind>> = {
  'bank-transfer': offline('bank-transfer', 'bank transfers'),
  'cash-on-delivery': offline('cash-on-delivery', 'cash on delivery'),
  invoice: offline('invoice', 'invoices'),
  sandbox: {
    title: 'the sandbox',
    methods: sandboxMethods,
    secrets: [],
    isForDevelopment: true,
    path: 'sandbox',
    open: async (place) => (await import('./open-sandbox.ts')).openSandbox(place),
  },
  mollie: {
    title: 'Mollie',
    methods: mollieMethods,
    secrets: ['apiKey'],
    isForDevelopment: false,
    path: 'sandbox/mollie',
    open: async (place) => (await import('./open-mollie.ts')).openMollie(place),
  },
  paypal: {
    title: 'PayPal',
    methods: payPalMethods,
    currencies: payPalCurrencies,
    secrets: ['clientId', 'clientSecret', 'webhookId'],
    isForDevelopment: false,
    path: 'sandbox/paypal',
    open: async (place) => (await import('./open-paypal.ts')).openPayPal(place),
  },
  stripe: {
    title: 'Stripe',
    methods: stripeMethods,
    secrets: ['secretKey', 'webhookSecret'],
    isForDevelopment: false,
    path: 'sandbox/stripe',
    open: async (place) => (await import('./open-stripe.ts')).openStripe(place),
  },
}

/** No company stands behind it. */
function offline(id: string, title: string): Kind {
  const open: Kind['open'] = async (place) => (await import('./open-offline.ts')).openOffline(place)
  return { title, methods: [id], secrets: [], isForDevelopment: false, path: null, isOnlyNamed: true, open }
}

/** What a config can choose from. */
export function offeredProviders(isDevelopment: boolean): OfferedProvider[] {
  return Object.entries(kinds).flatMap(([id, { methods, currencies, secrets, isForDevelopment, isOnlyNamed = false }]) =>
    isForDevelopment && !isDevelopment ? [] : [{ id, methods, ...(currencies && { currencies }), secrets, isOnlyNamed }],
  )
}

/** Also of those that are not there: what answers in development is nobody else's address in production. */
export const providerPaths = [...new Set(Object.values(kinds).flatMap(({ path }) => path?.split('/', 1) ?? []))]

/** The chosen ones of a server, opened. */
export type PaymentProviders = Pick<OpenProvider, 'start' | 'stop'> & {
  readonly titles: readonly string[]
  readonly all: readonly OpenProvider['provider'][]
  /** What answers a request of this address, where it is a provider's own page. */
  pagesAt(url: string): OpenProvider['pages']
}

/** @throws UsageError */
export async function openProviders(
  chosen: readonly PaymentProviderConfig[],
  place: Omit<ProviderPlace, 'config' | 'keys'>,
): Promise<PaymentProviders> {
  const opened: (OpenProvider & { readonly path: string; readonly title: string })[] = []
  const stop = () => {
    for (const one of opened) one.stop()
  }
  try {
    for (const config of chosen) {
      const kind = kinds[config.provider]!
      opened.push({
        // Each account has a face of its own.
        path: config.isSandboxed ? `sandbox/${config.id}` : (kind.path ?? ''),
        title: config.isSandboxed ? `the sandbox's ${kind.title}` : kind.title,
        ...(await kind.open({ ...place, config, keys: openKeys(config, place.settings) })),
      })
    }
  } catch (error) {
    stop()
    throw error
  }
  return {
    titles: [...new Set(opened.map(({ title }) => title))],
    all: opened.map(({ provider }) => provider),
    // A face is below the sandbox: the longer address is looked for first.
    pagesAt: (url) =>
      opened.toSorted((a, b) => b.path.length - a.path.length).find(({ path, pages }) => pages !== null && url.startsWith(`/${path}/`))
        ?.pages ?? null,
    start() {
      for (const one of opened) one.start()
    },
    stop,
  }
}
