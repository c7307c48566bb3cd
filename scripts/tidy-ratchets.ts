/**
 * What was larger than the house rules allow when they came, with little room. A number may only go down; when
 * it fits the rule, its line goes. Raising one needs a reason in the commit.
 */
export const ratchets = {
  /** Lines longer than 180 characters, by file. */
  longLines: {
    'src/domains/emails/templates.ts': 1,
    'src/http/static-files.ts': 1,
    'src/storage/sqlite/schema.ts': 1,
    'bench/limit/order-tables.ts': 1,
  } as Readonly<Record<string, number>>,

  /** Functions of more than 70 lines: closures that own a thing with a lifetime, and pages. */
  longFunctions: {
    'src/sandbox/book.ts createSandboxBook': 85,
    'src/effects/runner.ts createEffectRunner': 165,
    'src/storage/sql/compile.ts createCompiler': 175,
    'src/storage/sqlite/sqlite-storage.ts openSqlite': 210,
    'src/storage/transaction.ts createTransaction': 100,
    'client/src/create-client.ts createClient': 110,
    'console/src/ui/record-list.ts RecordList': 101,
    'console/src/ui/ref-picker.ts RefPicker': 85,
    'bench/limit/order.ts createShop': 72,
  } as Readonly<Record<string, number>>,

  /** Functions of more than 5 parameters. */
  manyParameters: {
    'src/records/parse-filter.ts parseField': 6,
    'src/records/parse-filter.ts follow': 7,
  } as Readonly<Record<string, number>>,

  /** How many functions of src/ have more than 3 parameters. */
  functionsOfManyParameters: 57,

  /** Limits that are declared and that nothing looks at yet; the page of limits does not promise them. */
  unkeptLimits: [] as readonly string[],

  /** Exports nobody uses yet: the simulator's. */
  deadExports: [
    'src/access/actor.ts systemActor',
    'src/base/log.ts silentLog',
    'src/sandbox/store.ts createMemoryStore',
  ] as readonly string[],
}
