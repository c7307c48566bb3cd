// Statements of the engine that may look at every row of a table, by how they read, each with its reason. What reads everything
// on purpose (verify, backups, migrations) and what a caller asks for (lists, sums, exports) is not looked at here.

export const allowedScans: readonly { readonly sql: RegExp; readonly why: string }[] = [
  { sql: /from "webhooks" t(?: where t\."enabled"=|$)/, why: 'at most 50 receivers (limits.webhooksMax)' },
  { sql: /from "shippingMethods" t where/, why: 'a shop has a handful of ways to send, and staff make each' },
  { sql: /from "schedules" t/, why: 'one row for each schedule of the program' },
  { sql: /from "stockLevels" t where t."onHand">/, why: 'staff ask what all of the stock is worth' },
  { sql: /from "ledgerEntries" t group by/, why: 'staff ask for all balances, which are sums of everything' },
  {
    sql: /in \(select "value" from json_each\(t\.|"::jsonb @> to_jsonb\(\?::text\)/,
    why: 'a list of references has no index: whoever holds one that is deleted is looked for',
  },
  { sql: /from "users" t where t\."disabled"=/, why: 'once in a database of an earlier version, which has no list of its admins' },
]
