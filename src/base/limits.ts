// The limits that a caller or an operator can meet, each with its unit in its name, and its reason beside it where the
// name does not tell it. How they stand to each other is tested (limits.test.ts).

export const limits = {
  /** A JSON body. Larger things are files. */
  bodyBytesMax: 1_048_576,
  /** Nesting of a JSON body: deep ones cost stack in every layer below. */
  jsonDepthMax: 32,
  /** Values in a JSON body, those that hold others included: each is looked at by several layers. */
  jsonValuesMax: 50_000,
  /** Names of a JSON body itself, not of what it holds: more than any database has columns, and each unknown one is told. */
  bodyNamesMax: 2_000,
  /** A query string. Long filters belong in several requests; Node refuses headers above 16 KiB anyway. */
  queryBytesMax: 8_192,

  /** How long the head and the body of one request may take to arrive. Slower ones would hold sockets for nothing. */
  requestMs: 30_000,
  /** How often a server looks for requests that took longer: so much may be added to it. Node's own default is 30 seconds. */
  requestSweepMs: 1_000,
  /** Idle connections are kept longer than proxies keep theirs (60 to 90 s), or a request could meet one just closed. */
  keepAliveMs: 95_000,
  /** Answers below it fit into one packet as they are: compressing them costs time and saves none. */
  compressedBytesMin: 1_400,
  /** How long a browser remembers which sites may call us. Chromium's own cap. */
  crossOriginSeconds: 7_200,

  /** A file whose field says no `maxBytes`: a picture of any camera, a document, a short film. */
  fileBytesDefault: 104_857_600,
  /** A picture of what is sold: as a camera of 50 megapixels writes it. */
  catalogPictureBytes: 20_971_520,
  /** Of a list of files. */
  filesInFieldMax: 50,
  /** What is looked at to know the type of a file and the size of a picture: behind the largest Exif block, which has 64 KiB. */
  fileHeadBytes: 131_072,
  fileNameCharactersMax: 150,
  /** A sender of a file that is silent for so long has gone. */
  fileSilenceMs: 30_000,
  /** However fast it comes: 100 MiB by a line of 30 kB/s. */
  fileUploadMs: 3_600_000,
  /** A file that no record has claimed by then is removed. */
  fileUnclaimedMs: 3_600_000,
  /** A resumable upload that nothing comes of for so long is given up: somebody on a train comes back the next day. */
  uploadIdleMs: 24 * 3_600_000,
  /** Requests that brought bytes of one upload: pieces of 5 MiB make the largest file there is. */
  uploadPiecesMax: 1_000,
  /** Of a part that an object store is sent at once, held in memory for each upload under way. They take 5 MiB at least, and 10,000 of them. */
  blobPartBytes: 8_388_608,
  /** An object store that says nothing for so long is away. */
  blobSilenceMs: 30_000,
  /** Of a file that is read at once: four times what Node takes, which halves the time of a large one. */
  blobReadBytes: 262_144,
  /** Of a file that is written at once: two of the parts that a socket brings. Linux 6.18 takes up to four times as long for pieces of 512 KiB once memory is full of files. */
  blobWriteBytes: 131_072,
  /** Buffers of that size that a process keeps, two for each file that is under way: others come and go. */
  blobBuffersKept: 8,
  /** Of a file in one line of a backup: fits a page of it. */
  blobLineBytes: 524_288,
  /** A message that comes in, as it comes: what most mail systems take, with the pictures of a damaged parcel. */
  inboundMailBytesMax: 26_214_400,
  /** Of it in one row: its base64 fits the smallest packet of a database server many times. */
  inboundPieceBytes: 262_144,
  /** Of all messages that are on their way in at once, held in memory. Whoever is one too many is told to come back. */
  inboundBytesAtOnce: 104_857_600,
  /** Of those, from one network (an address of IPv4, a /64 of IPv6): one message of the largest size, or many small ones. */
  inboundBytesPerNetwork: 26_214_400,
  /** Conversations with mail servers: at once, and from one network. */
  inboundClientsMax: 200,
  inboundClientsPerNetwork: 20,
  /** RFC 5321 section 4.5.3.1.8 asks for 100 at least. */
  inboundRecipientsMax: 100,
  /** A mail server that is silent for so long has gone (RFC 5321 section 4.5.3.2.7 asks for 5 minutes), and one conversation may take so long. */
  inboundSilenceMs: 300_000,
  /** In the middle of a message: what came of it is held in memory, and whoever has more to send sends it. */
  inboundDataSilenceMs: 60_000,
  inboundSessionMs: 1_200_000,
  /** How long the database may take to store a message. The sender waits for ten minutes (RFC 5321 section 4.5.3.2.6), and then sends it again. */
  inboundStoreMs: 60_000,
  /** RFC 5321 section 6.3 asks for 100 at least: a message that came by more servers is in a loop. */
  inboundHopsMax: 100,
  /** Recipients of one conversation that there are not: whoever tries more looks for some. */
  inboundUnknownMax: 20,
  /** Of a message that is read: parts inside each other, bytes of all headers, and how long and how much memory reading may take. */
  mailNestingMax: 100,
  mailHeadersBytesMax: 1_048_576,
  mailReadMs: 10_000,
  mailReadMemoryMb: 256,
  /** What is kept of it as text; the whole is kept as it came. */
  mailTextCharactersMax: 200_000,
  mailHtmlCharactersMax: 500_000,
  /** Of HTML without a text beside it: characters that are told as text. */
  mailHtmlReadMax: 2_000_000,
  mailSubjectCharactersMax: 900,
  mailReferencesMax: 50,
  mailFilesMax: 100,
  /** A letter that says that it was written later than that after it came says nothing: the clock of its sender is wrong. */
  mailWrittenAheadMs: 24 * 3_600_000,
  /** It may be read while the machine is busy: it is quarantined only when reading failed so often. */
  mailReadsMax: 3,
  /** Of an answer whose quoted parts are looked for: a longer one is none by hand, and a line that is longer introduces nothing. */
  trimmedCharactersMax: 200_000,
  trimmedLineMax: 1_000,
  /** Over how many lines a mail program may say who wrote what is quoted. */
  introLinesMax: 6,
  /** Of what mail systems report: characters that are looked at, and recipients that are told. */
  reportCharactersMax: 100_000,
  reportedRecipientsMax: 100,
  /** Of webhooks of providers of mail: their ids of events are some 50 characters. */
  mailEventIdCharactersMax: 100,
  /** How old what they have signed may be. Svix signs each repeat anew, and asks for this; Mailgun repeats for 8 hours, SendGrid for a day, SNS for an hour. */
  svixAgeMaxMs: 5 * 60_000,
  mailgunAgeMaxMs: 12 * 3_600_000,
  sendgridAgeMaxMs: 3 * 24 * 3_600_000,
  snsAgeMaxMs: 24 * 3_600_000,
  /** An event is known as a repeat for so long: longer than anything that is signed is good. */
  mailEventsKeepMs: 30 * 24 * 3_600_000,
  /** Certificates of SNS that a process keeps, and how long it does not ask again for one that it did not get. */
  snsCertificatesMax: 8,
  snsCertificatePauseMs: 10_000,
  /** Messages that one process reads at once, held in memory; the others wait in the database, and keep no payment and no receipt waiting. */
  mailReadsAtOnce: 2,
  /** Messages that wait in memory for the thread that reads: those, and files that staff open. */
  mailsWaitingMax: 4,
  /** Templates in files, with their partials and what was compiled of them: they are read at each start. */
  mailTemplateFilesMax: 1_000,
  mailTemplateBytesMax: 256 * 1024,
  /** Partials within each other: more of them are a circle. */
  mailPartialsDeep: 8,
  /** `de-Latn-AT`, with more than anybody has mails in. */
  languageTagCharactersMax: 20,

  /** What looking up who vouches for a letter may take: signatures of it, questions to the DNS, and how long these may take in all. */
  mailSignaturesMax: 10,
  mailDnsQuestionsMax: 80,
  mailDnsMs: 8_000,
  /** Of each minute, how long letters may wait for the DNS, those of one network and all; and what each has beyond that. */
  mailDnsWindowMs: 60_000,
  mailDnsNetworkMs: 12_000,
  mailDnsWaitedMs: 24_000,
  mailDnsLeastMs: 500,
  /** The questions, and reading the letter for its signatures: ten of them over 25 MiB take 4 s. */
  mailAuthenticateMs: 20_000,
  /** Results of a mail server in front: characters of the header that are read, and domains that are told. */
  mailResultsCharactersMax: 10_000,
  mailDomainsToldMax: 10,

  /** How often the files of the certificate are looked at, and how long conversations under way may take when the server stops. */
  inboundCertificateMs: 60_000,
  inboundCloseMs: 2_000,

  /** Of messages in mailboxes of others, read by IMAP: so many are held in memory at once, and no more bytes than that, but for one that is larger. */
  mailboxBatchMessages: 50,
  mailboxBatchBytes: 8_388_608,
  /** No more are fetched while so many wait to be read: each look for what is due would pass over all of them. */
  mailboxUnreadMax: 200,
  mailboxCatchUpMs: 100,
  /** Of a head that was stored with a message: where its delivery was noted. */
  storedHeadBytesMax: 131_072,
  /** A line of a server's answer: the numbers of a million messages fit. */
  mailboxLineBytesMax: 16_777_216,
  /** How long a server may take to answer, and how slowly a message may come: it may be far away. */
  mailboxCallMs: 60_000,
  mailboxBytesPerSecondMin: 20_000,
  /** How often it is asked what is new, where it tells us (IDLE) and where it does not. */
  mailboxLookMs: 120_000,
  mailboxUntoldLookMs: 30_000,
  /** One process reads a mailbox. Should it be gone, another goes on when its lease ends. */
  mailboxLeaseMs: 90_000,
  mailboxRenewMs: 30_000,
  /** Until a server that is away, and one that refuses us, is tried again: doubled each time. */
  mailboxPauseMs: 5_000,
  mailboxRefusedPauseMs: 60_000,
  mailboxPauseMaxMs: 900_000,
  /** A message that could not be fetched so often is left in its mailbox, and shown as such. */
  mailboxTroublesMax: 3,
  mailboxesMax: 20,

  /** Files of one sender that no record has claimed, those under way included, and their bytes: a form of a gallery has as many. */
  filesUnclaimedMax: 100,
  fileBytesUnclaimedMax: 5 * 1_073_741_824,
  /** How long a signed link to a file is good, and how long it can be asked to be: a week, as such links of object stores. */
  fileLinkSecondsDefault: 3_600,
  fileLinkSecondsMax: 604_800,
  /** The longer side of a smaller picture: a screen of 4K. */
  pictureSideMax: 4_096,
  /** Of an original that smaller ones are made of: 8192 by 8192, a little more than the largest of most telephones. Decoded it has 256 MiB. */
  picturePixelsMax: 67_108_864,
  /** Beyond it one is made at a time: it takes half a GiB while that lasts, where others take a tenth of that. */
  pictureLargePixels: 16_777_216,
  /** Of an original as AVIF, which takes 20 bytes a pixel and a second for each 8 million. */
  pictureAvifPixelsMax: 25_000_000,
  /** Of its bytes, which are read whole. */
  pictureBytesMax: 52_428_800,
  /** How long making one may take. */
  pictureMs: 10_000,
  /** Smaller pictures that are made at once, and those that wait for it. */
  picturesAtOnce: 2,
  picturesWaitingMax: 100,
  /** A picture that could not be made smaller is not tried again for so long, and how many of them a process remembers. */
  pictureRefusedMs: 600_000,
  pictureRefusalsMax: 1_000,
  /** Of one file that are kept with a ratio of their own. More are made each time anew. */
  pictureBoxesMax: 30,
  /** Files that one tick removes. */
  filesPerTick: 200,
  /** A reader of a file who takes nothing for so long has gone. */
  fileReaderSilenceMs: 60_000,

  pageSizeDefault: 30,
  pageSizeMax: 200,
  /** Records read at once by what must read all that fit: more of them are read in pages of this size. */
  readPageSize: 200,
  /** What a field takes that says no `max`. */
  textCharactersMax: 255,
  longTextCharactersMax: 100_000,
  /** RFC 5321 leaves no more for an address between its angle brackets. */
  emailCharactersMax: 254,
  /** In front of its @: RFC 5321 section 4.5.3.1.1. */
  emailLocalCharactersMax: 64,
  /** What every browser and proxy passes on. */
  urlCharactersMax: 2_000,
  /** Ids of ours have 30 at most: anything longer names nothing. */
  idCharactersMax: 64,
  /** Ids in one field that is a list of references. */
  referencesMax: 200,
  /** Records that a list puts in order by how near they are: each of them is read for each page. */
  nearestMax: 500,
  /** What is near a place: half around the earth. */
  distanceMetersMax: 20_015_000,
  /** Digits of a decimal: so many are exact in an IEEE double, also for a client that takes the text for a number. */
  decimalDigitsMax: 15,
  /** Texts in one field that is a list of them. */
  listItemsMax: 200,
  /** Names of providers, methods and discounts. */
  codeCharactersMax: 60,
  tokenCharactersMax: 200,
  noteCharactersMax: 2_000,
  /** Of a saved reply: some ten pages. */
  savedReplyCharactersMax: 20_000,
  /** Of an invoice, with its series, year and sequence: longer ones fit on no form. */
  invoiceNumberCharactersMax: 60,
  /** Documents that wait to be drawn: with a hundred lines each they take ten seconds. */
  documentsWaitingMax: 50,
  /** One that takes so long never ends. */
  documentMs: 30_000,
  /** A card in a parcel. */
  giftMessageCharactersMax: 500,
  /** Saved by one account: homes, work and people who get presents. */
  savedAddressesMax: 50,
  discountCodesMax: 20,
  /** All of it. */
  percentMax: 100,
  /** Discounts without a code that are active: every cart looks at all of them. */
  automaticDiscountsMax: 50,
  /** Uses of one discount: a campaign for everybody needs no limit. */
  discountUsesMax: 1_000_000_000,
  /** ISO 3166-1 has 249. */
  countriesMax: 250,
  /** Mistakes told of one request: more would be another page of the document. */
  inputIssuesMax: 20,

  /** Characters of all texts in one index. PostgreSQL takes 2,704 bytes, the fewest of all databases; a character has up to four. */
  indexCharactersMax: 650,

  /** Conditions in one filter, nested ones included: bounds the work of compiling and of the plan. */
  filterConditionsMax: 50,
  filterDepthMax: 6,
  filterListMax: 200,
  /** References followed by one filter or expand path. */
  pathHopsMax: 3,
  /** References followed by all paths of a filter: each costs a look-up for every record that is looked at, a list one for each of its own. */
  filterReferencesMax: 8,
  /** Characters that `contains`, `startsWith` or a search looks for: a database may compare them at every place of a text. */
  textMatchCharactersMax: 200,
  expandPathsMax: 10,
  /** Records that one request expands, each as often as it stands in the answer. 200 records with 10 each. */
  expandRecordsMax: 2_000,
  /** Characters of the records in one answer, near enough. A page that would be larger ends earlier and says where it continues. */
  answerBytesMax: 4_194_304,
  searchWordsMax: 8,
  /** The same once texts without spaces are taken two letters at a time. */
  searchPairsMax: 32,
  /** Searched fields of one collection by words: a word is looked up in each. */
  searchedFieldsMax: 8,
  /** Weights of the searched fields of a collection: each is asked for twice. */
  searchWeightsMax: 3,
  /** A page in an order costs a comparison for each key of each record, and the condition of the next one two more. */
  sortKeysMax: 8,
  /** Rows of an import that share a transaction: others get their turn between two, and one that is refused costs the others a repeat. */
  importRowsTogether: 100,
  /** Numbers of orders that a dry run of an import keeps, to tell those that stand twice in its file: some 10 MB. */
  importNumbersSeenMax: 100_000,
  /** Columns of an import: more than any database has. */
  importColumnsMax: 2_000,
  /** Refusals after which the rest of such rows is written one by one. */
  importTries: 5,
  /** Reasons told of one import; all are counted. */
  importRejectionsMax: 1_000,
  /** Lines of the feed that one page of the audit trail looks at: some 20 ms. */
  auditCommitsMax: 2_000,
  /** Records that deletions delete or change with them, and restores bring back with them, in one transaction: one line of the feed. */
  cascadeRecordsMax: 1_000,
  /** Operations in one batch: they hold one transaction open together. */
  batchOperationsMax: 100,
  /** Fields that one aggregate groups by: groups are at most as many as their values multiplied. */
  groupKeysMax: 4,
  /** Fields of each measure. */
  measuresMax: 10,
  /** Groups in an answer. More of them are a list, which has pages. */
  groupsMax: 1_000,
  /** Time zones whose data is kept at hand. There are some 450, but a request may spell them in any case. */
  timeZonesKeptMax: 500,
  /** Deleted records looked at for one page of those that the caller may see; of large ones `answerBytesMax`. The next page goes on. */
  deletedLookedMax: 1_000,
  /** Of a `User-Agent`: what is looked at, what is made of it, and how many are remembered. */
  agentHeaderCharactersMax: 500,
  agentNameCharactersMax: 60,
  agentNamesKeptMax: 500,
  /** Records counted for `count=true`. Looking at them takes some milliseconds; nobody reads a larger number to the last digit. */
  countMax: 10_000,
  /** Groups read from the database: hours and days that are put together to months and days of a time zone. */
  groupRowsMax: 50_000,
  /** It comes back in a query string, beside the filter it belongs to. */
  cursorBytesMax: 6_000,

  /** Transactions that share one durable commit. 64 keeps a group under some 10 ms of work. */
  groupCommitMax: 64,
  /** How long a group works before it lets the event loop turn: Node takes new connections once in a turn, and orders of 64 take 50 ms. */
  groupTurnMs: 5,
  /**
   * Requests worked on at once, to begin with, and within what this moves with the delay that is measured. So many are always let in: a hundred
   * guests who come at the same moment wait for each other, and nobody is refused.
   */
  requestsInside: 256,
  requestsInsideMin: 128,
  requestsInsideMax: 10_000,
  /** Of each network, whatever others have under way. */
  requestsOfEachMin: 4,
  /** Of each network at the address of a payment provider's webhooks, which go first: anybody can ask there. */
  requestsOfProvider: 16,
  /** When a delay is above so much, what more comes is refused. */
  admissionDelayMs: 100,
  admissionSampleMs: 20,
  /** Passwords that wait to be hashed, some 30 ms each: past it callers are told to come again. */
  hashesWaitingMax: 200,
  /** What code of a project asks the database for at once, outside of a transaction: others find it free in between. */
  ownAsksTogether: 32,
  /** Requests that one connection may send ahead of their answers. */
  pipelinedMax: 32,
  /** How long an answer may lie there of which the client takes nothing. */
  unreadAnswerMs: 60_000,
  /** Connections that the system keeps until they are taken. Past it clients hear nothing, and try again after a second, then three. */
  connectionsWaiting: 4_096,
  /** Sockets that listen on the port, where the system lets several: Node takes one connection of each in a turn of its event loop. */
  listeningSockets: 8,
  /** Sessions of staff that are known to go first. */
  preferredCallersMax: 1_000,
  /** Transactions waiting for the writer. Past it callers get 503 with Retry-After instead of a long wait. */
  writeQueueMax: 10_000,
  /** Pages that a connection keeps: the writer so many, the reader a sixteenth of the memory there is, within these. It is taken as pages are read. */
  sqliteCacheBytesMin: 33_554_432,
  sqliteCacheBytesMax: 134_217_728,
  /** SQLite: how long a write waits for another process that writes to the file, such as a migration building an index. */
  sqliteBusyMs: 10_000,
  conflictRetriesMax: 5,
  conflictBackoffMs: 10,

  /** Connections of one process to a database server, which gives each some 10 MB and has 100 to 150 in all by default. */
  connectionsMax: 12,
  /** One of so many is kept from transactions: reads, sign-ins and the feed go on while slow transactions hold all others. */
  connectionsPerSpare: 6,
  /** Callers waiting for a connection, and how long each waits at most. Past either: 503 with Retry-After. */
  connectionQueueMax: 5_000,
  connectionWaitMs: 5_000,
  connectTimeoutMs: 5_000,
  /** Time to take leave of a server; after it the connection is cut. */
  connectionCloseMs: 1_000,
  /** Old connections are replaced, so that a database moved behind its name is found, and servers' caches stay small. */
  connectionAgeMs: 30 * 60_000,
  connectionIdleMs: 60_000,
  /** Prepared statements kept per connection: as many shapes of a query as an application has, with room. */
  preparedStatementsMax: 500,
  /** A statement that waits this long for another's lock gives way: the transaction is run again. */
  lockWaitMs: 3_000,
  statementMs: 30_000,
  /** A transaction that a vanished process left open is ended by the server. */
  idleInTransactionMs: 15_000,
  /** How long a process tries to find out whether a COMMIT arrived whose answer was lost. */
  outcomeSearchMs: 10_000,
  /** Reads of one turn of the event loop that travel together on one connection; more of them use several side by side. */
  readsTogetherMax: 8,

  idempotencyKeyBytesMax: 255,
  /** Of a guest who shows nothing else: 20 characters of base64url are 120 bits. A UUID has 36. */
  guestKeyCharactersMin: 20,
  /** The contract promises 24 h; two days let a client retry over a weekend's day. */
  idempotencyKeepMs: 48 * 3_600_000,

  /** A worker that is silent this long has lost its effect to another one. */
  effectLeaseMs: 30_000,
  /** Time for one outside call, well under the lease so that a late answer still has its fence. */
  effectCallMs: 15_000,
  /** Effects that one process carries out at once. Receivers of webhooks and code of a project that hang leave eight for payments and mails. */
  effectSlots: 40,
  /** How often a process says that it serves a shared database, and how long it counts as there without saying so. */
  presenceRenewMs: 5_000,
  presenceMs: 30_000,
  effectPollMs: 1_000,
  /** Attempts that fail are logged so rarely for each kind of effect: thousands fail at once while a mail server is away. */
  failureLogMs: 60_000,
  /** Kinds of failures of which a log remembers that it has told them. */
  failuresRemembered: 200,
  /** Of the reason that is logged: other servers write it. */
  failureReasonCharactersMax: 300,
  effectAttemptsMax: 12,
  effectBackoffMs: 1_000,
  /** How soon an effect is looked at again that this process cannot carry out: another may, or a deploy is under way. */
  effectWaitMs: 15_000,
  effectBackoffMaxMs: 2 * 3_600_000,
  /** How long a request waits for an effect it needs the answer of (a redirect URL) before it says "pending". */
  awaitedEffectMs: 8_000,

  /** Hooks that cause each other in one transaction: no project nests them so deep on purpose. */
  hookDepthMax: 8,
  /** After hooks that lead to one another by what they write, each in a transaction of its own. */
  hookChainMax: 16,
  /** A hook that failed on an event which cannot be undone is owed instead of run for so long. */
  hookPutOffMs: 60_000,
  /** Records that code of a project writes in one transaction: some 100 ms of the only writer of SQLite. */
  ownWritesMax: 1_000,
  /** How often such code asks its transaction for something, reads and writes, or outside of one the database: twenty times for each record that it may write. */
  ownAsksMax: 20_000,
  /** Answers after which such code lets others run once: in SQLite nobody else would, some milliseconds long. */
  ownAsksInTurn: 50,
  /** How long such code may use one transaction: it holds a connection and locks, in SQLite the only writer. Longer than it may wait for a lock. */
  ownCodeMs: 4_000,
  /** After so many refusals code that goes on asking is answered no more: it is a loop that takes no notice, and so ends. */
  ownRefusalsMax: 100,
  /** How long a query of a project, or what prepares a command, may take to answer: as long as one call to the outside. */
  ownAnswerMs: 15_000,
  /** Code of a project that keeps the process from turning for so long ends it: it is a loop without an end. */
  ownCodeStuckMs: 20_000,
  /** Effects and after hooks of a project that one process carries out at once: at most half of its places, so that what hangs leaves the others theirs. */
  ownEffectPlaces: 16,
  /** Attempts during which the process died: after one a deploy may be the reason, after three it is the code. Each may cost 20 s and a start. */
  ownEffectCutOffsMax: 3,
  /** After that, effects of its kind rest: they would end the process as well. Long enough to be served meanwhile, short enough to go on the same day. */
  ownEffectRestMs: 3_600_000,
  /** Of an effect or a mail of a project: what is stored has the name before it, and fits every database's index. */
  ownKeyCharactersMax: 150,
  /** JSON that is stored for an effect of a project: it is in the audit trail as well. */
  ownPayloadCharactersMax: 65_536,
  /** Records that such code reads in one list without a limit of its own, and values in the lists of one filter: SQLite takes 32,766 in a statement. */
  ownListMax: 10_000,
  /** Conditions in one filter of such code, nested ones included, and how deep: SQLite takes 1,000 of them beside each other, MongoDB 100 levels of two each. */
  ownConditionsMax: 500,
  ownFilterDepthMax: 20,
  /** What after hooks were told is kept so long for one that was not carried out: as long as the audit trail. */
  hookCallsKeepMs: 400 * 24 * 3_600_000,

  /** A receiver that failed is spared, twice as long with each failure in a row, by all messages to it. */
  webhookSparedMs: 500,
  webhookSparedMaxMs: 3_600_000,
  /** One at which nothing has arrived for so long is switched off. */
  webhookFailingMs: 5 * 24 * 3_600_000,
  /** Calls of one process to receivers at once: not half of its places for effects, so that payments and others have theirs. */
  webhookPlaces: 16,
  webhookPlacesEach: 4,
  webhooksMax: 50,
  webhookEventsMax: 100,
  /** After a rotation both secrets sign for so long. */
  webhookSecretOverlapMs: 24 * 3_600_000,
  webhookDeliveriesKeepMs: 30 * 24 * 3_600_000,
  /** Effects that are done or canceled are kept this long, to be looked at: a complaint comes within weeks. */
  effectsKeepMs: 30 * 24 * 3_600_000,
  /** Webhooks that were taken care of or given up: providers repeat them for days. */
  webhooksKeepMs: 30 * 24 * 3_600_000,
  /** Rows that one tick forgets: some 10 ms of the writer. While more is left one comes each second, which is 86 million a day. */
  forgottenPerTick: 1_000,
  /** A schedule that fails is tried again at least so often: its mistake may be mended by data. */
  scheduleBackoffMaxMs: 15 * 60_000,
  /** The shortest pause between two ticks of a project's schedule: the look for what is due is each second. */
  scheduleEveryMinMs: 5_000,
  /** Ticks of schedules are kept this long, to be looked at: the most frequent one makes 17,280 a day. */
  scheduleTicksKeepMs: 48 * 3_600_000,

  /** How often a process asks the database it shares for the time. Quartz drifts 0.25 ms in between. */
  clockSampleMs: 5_000,

  /** Commits kept in memory for live readers, in SQLite only while there are any; older positions are read from the database. */
  feedMemoryCommits: 2_048,
  /** Lines of a shared commit log that are given positions, or read, at once. Bounds a statement and the memory of its answer. */
  sequenceLinesMax: 500,
  /** Without notifications a listener looks this soon after a change, and less and less often while nothing changes. */
  feedPollMs: 25,
  feedPollMaxMs: 1_000,
  /** How often it looks beside notifications: for lines of a process that died before they had a position. */
  feedLookMs: 5_000,
  /** A year and a bit: the lines are the audit trail, and a yearly look back must find its beginning. */
  commitsKeepMs: 400 * 24 * 3_600_000,
  /** Commits a live reader may have missed: each costs 5 to 50 us to judge again. Past it a list costs less, and it is told to read one. */
  liveReplayCommitsMax: 2_000,
  /** Records that a change of another one may bring into sight or out of it. Past it the reader is told to read afresh. */
  liveDependentsMax: 200,
  /** Looks at a feed that others go on writing to, for whom its changes may concern. Past them each view is asked. */
  liveLooks: 4,
  /** Live streams of one process. Each costs a socket and some 30 kB; the next one is told to come back. */
  liveClientsMax: 10_000,
  /** Live streams of one account, or of the guests of one network: an office behind one address has some tens of people. */
  liveStreamsPerCallerMax: 100,
  /** When one that was refused may come back: streams end rarely. */
  liveRetrySeconds: 10,
  /** Bytes queued for a live reader that does not read: past it the connection is closed and it resumes. */
  liveBacklogBytesMax: 1_048_576,
  /** Events that go out together: in between it is seen whether their reader takes them. */
  livePartCharacters: 65_536,
  liveHeartbeatMs: 20_000,

  /** SQLite: how long a request believes what an earlier one read of its session; what this process changes shows at once. */
  sessionRememberedMs: 1_000,
  /** Callers whose pace is remembered in one process; past it the one heard first is forgotten. */
  limitedCallersMax: 100_000,
  /** Sessions that one process need not look up again. */
  rememberedSessionsMax: 10_000,
  /** API documents that are kept: each is some 300 kB, and few projects have as many sets of roles. */
  roleDocumentsMax: 20,
  /** Nesting of an access rule: deeper ones are not written by hand, and one that holds itself has no end. */
  ruleDepthMax: 20,
  /** What is read of an answer from outside: it decides in its first lines. */
  outsideAnswerCharactersMax: 1_000_000,
  /** Of a payment provider: a payment with thousands of refunds, or a full page of its account. What is cut can never be read. */
  paymentAnswerCharactersMax: 10_000_000,

  /** A session ends at the latest so long after its owner last showed who they are. */
  sessionMs: 180 * 24 * 3_600_000,
  /** And sooner where nobody uses it for so long: a browser that was sold or lost. */
  sessionIdleMs: 30 * 24 * 3_600_000,
  /** Of one account. Each has a pace of its own, so this also bounds what one account may ask for. */
  apiKeysMax: 20,
  /** More names than that say `*:read`. */
  apiKeyScopesMax: 50,
  apiKeyNameCharactersMax: 100,
  /** One that has expired is listed so long, for somebody who looks why a program is refused. */
  apiKeysKeepMs: 30 * 24 * 3_600_000,
  /** So exact is the last use of a session or an API key: each is written six times an hour at most. */
  useNotedMs: 600_000,
  /** Uses of so long are written at once. */
  usesWrittenMs: 1_000,
  /** NIST SP 800-63B-3 section 5.1.1.2, with a list of the commonest beside it. */
  passwordCharactersMin: 8,
  /** A config may ask for more, to here: longer ones are typed wrong. */
  passwordCharactersMinMax: 64,
  /** To ask whether a password is known from a breach: people wait for it. Past it the password is let through. */
  breachCheckMs: 1_500,
  /** To ask VIES for a VAT number: the customer waits. Past it the number counts as not looked up, and tax is due. */
  vatRegisterMs: 5_000,
  /** To ask an outside tax service: the customer waits. Past it nothing is sold until it answers. */
  taxServiceMs: 5_000,
  /** To ask for an exchange rate. Past it the invoice waits, and it is asked for again. */
  exchangeRatesMs: 5_000,
  /** What it said of a cart is good for so long; a checkout after it asks again. */
  taxQuoteMs: 3_600_000,
  /** After VIES did not answer, nobody waits for it for so long. */
  vatRegisterPauseMs: 30_000,
  /** What VIES said of a number is good for so long; a checkout after it asks again. */
  vatCheckMs: 24 * 3_600_000,
  /** As how many writes a request counts that makes us ask VIES, which bounds what one caller may ask through us: 20 a minute. */
  vatCheckWrites: 15,
  /** Calls in a row without an answer after which a payment provider is spared, and for how long: at first, and at most. */
  providerFailuresMax: 5,
  providerPauseMs: 2_000,
  providerPauseMaxMs: 64_000,
  /** After a pause, how long what moves money goes before what only asks. */
  providerTurnMs: 10_000,
  /**
   * Of an effect whose money a provider that stays silent has, or owes. Twelve pauses come to an hour or so, and an outage of an hour
   * used up one in five; these come to half a day.
   */
  providerAttemptsMax: 20,
  /** Who did not answer is not asked again before: nobody waits for it meanwhile. */
  breachPauseMs: 30_000,
  /** Shorter than this a password that only repeats itself is refused; nobody tries longer ones of the kind. */
  passwordPatternCharactersMax: 64,
  /** Argon2 reads any length; this only bounds the request. */
  passwordBytesMax: 1_024,
  rolesMax: 20,
  /** Links and codes in mails to accounts. The more one opens, the shorter it is good. */
  verifyLinkMs: 3 * 24 * 3_600_000,
  resetLinkMs: 3_600_000,
  magicLinkMs: 15 * 60_000,
  signInCodeMs: 10 * 60_000,
  changeEmailLinkMs: 24 * 3_600_000,
  /** How long a sign-in waits for its second factor: to find the telephone, or the paper with the recovery codes. */
  pendingSignInMs: 10 * 60_000,
  /** As others give: they last for years, and fit on a slip of paper. */
  recoveryCodes: 10,
  /** Of one account: a telephone, a computer and a key or two, several times over. All of them are sent to a browser that adds one. */
  passkeysMax: 20,
  passkeyNameCharactersMax: 100,
  /** How long somebody may look for a passkey: to find the telephone, or the key in a drawer. */
  passkeyChallengeMs: 10 * 60_000,
  /** 1,023 bytes in base64url: WebAuthn Level 3, section 7.1, step 25. */
  passkeyIdCharactersMax: 1_364,
  /** In base64url. An RSA key of 4,096 bits takes 720; a larger one would be slow to check at each sign-in. */
  passkeyKeyCharactersMax: 1_500,
  /** Of each part of an answer of an authenticator. The largest are attestations by a TPM with their certificates, some 8,000. */
  passkeyPartCharactersMax: 32_768,
  /** Of the name of a transport, or the handle of an account: 64 bytes in base64url. */
  passkeyWordCharactersMax: 86,
  /** Ways to an authenticator: six are known, and others may come. */
  passkeyTransportsMax: 20,
  /** The way back to an address after an account was moved to another: long enough for somebody who was away for some days. */
  undoEmailLinkMs: 7 * 24 * 3_600_000,
  /** How long a person can change their mind before they are erased: long enough for somebody who was away for some days. */
  erasureWaitMs: 7 * 24 * 3_600_000,
  /** An erasure at once still waits for what was under way when the account was closed: a request and the effects behind it. */
  erasureQuietMs: 60_000,
  /** An order that was placed and not sent is waited for so long: the law leaves a month for an answer (GDPR article 12 (3)). */
  erasureOrderMs: 28 * 24 * 3_600_000,
  /** How often an erasure that waits looks again. */
  erasureLookMs: 3_600_000,
  /** Records of one transaction of an erasure: others wait for it no longer than for a request. */
  erasureBatch: 100,
  /** A file of SQLite that is written anew after an erasure: up to so much takes some seconds, and writes wait for ten at most. */
  vacuumBytesMax: 64_000_000,
  /** One that took longer is followed by a rest of so many times as long. */
  vacuumShortMs: 1_000,
  vacuumRestTimes: 60,
  /** Records looked at in one piece of an erasure or export where no index names those of the person: some milliseconds. */
  personalLook: 1_000,
  /** Lines of the change feed that an erasure looks at in one piece. */
  erasureLinesPerPiece: 500,
  /** Of those in one turn: a line of an import holds a hundred changes, and 500 of them kept everybody else waiting for three seconds. */
  erasureLinesAtOnce: 25,
  /** An export is deleted after so long: it holds everything of one person. */
  exportKeepMs: 3 * 24 * 3_600_000,
  /** Records of one sheet of an export: a piece that is made again after a crash. */
  exportPage: 500,
  /** One attempt of an erasure or an export works so long, and then makes room for others. */
  personalPieceMs: 8_000,
  /** As others give: some days, with a weekend among them. */
  invitationMs: 7 * 24 * 3_600_000,
  /** One that is over is listed so long. */
  invitationsKeepMs: 90 * 24 * 3_600_000,
  /** How long somebody acts as a customer: a telephone call. Longer, and it is left open by mistake. */
  impersonationMs: 30 * 60_000,
  /** The list of who acted as whom; the audit trail has what they did. */
  impersonationsKeepMs: 400 * 24 * 3_600_000,
  /** What a stolen session cannot do without its owner's password or device: so old at most is the proof of who they are. */
  freshProofMs: 30 * 60_000,
  /** Wrong passwords and codes of one account in a row that nobody waits for. */
  signInTriesFree: 5,
  /** Then a second, and twice as long each time, to this: some forty tries on the first day and 24 on each later one. */
  signInWaitMaxMs: 3_600_000,
  /** After so long without a try they are forgotten. */
  signInTriesKeepMs: 24 * 3_600_000,
  /** How long a browser stays one that an account knows, from its last sign-in there. The longest that browsers keep a cookie. */
  deviceMs: 400 * 24 * 3_600_000,
  /** Hashes that accounts are brought along with. Of PBKDF2, some seconds of one core. */
  foreignRoundsMax: 5_000_000,
  /** Of bcrypt, some two seconds of one core, in pieces on the event loop. */
  foreignBcryptCostMax: 15,
  /** Memory of one check by scrypt: two at once fit a small server. */
  foreignScryptBytesMax: 300_000_000,
  passwordHashCharactersMax: 500,
  /** Tries of one code of six digits: five of a million. */
  codeTriesMax: 5,
  /** From the button to the way back: somebody signs in at the provider, and may have to find a telephone for it. */
  providerFlowMs: 15 * 60_000,
  /** The code that a program of its own turns into a session: RFC 6749 section 4.1.2 asks for ten minutes at most, a program takes a second. */
  exchangeCodeMs: 2 * 60_000,
  /** Of one call to a provider, for which a person waits; there are five at most. */
  providerCallMs: 5_000,
  discoveryKeptMs: 3_600_000,
  /** `iss` and `sub` of OpenID Connect: `sub` has 255 at most. */
  subjectCharactersMax: 500,
  /** Of an address to go on to after signing in. */
  nextCharactersMax: 1_000,
  /** What a provider sends along: a code of Microsoft has some 1,500 characters. */
  providerAnswerCharactersMax: 4_096,
  setupTokenMs: 24 * 3_600_000,
  /** Set-up links that are good at once, beside the newest. */
  setupTokensMax: 20,

  /** The link in a receipt outlives what an order is looked up for: delivery, return, warranty by the seller. */
  orderLinkMs: 400 * 24 * 3_600_000,
  /** A school that orders its books. Each answer is the whole cart: some 400 bytes a line. */
  cartLinesMax: 500,
  /** Of what a shop says nothing of: more than the 14 days that consumers in the EU have by law. */
  returnDays: 30,
  /** Zones times weights of one shipping method. */
  shippingRatesMax: 200,
  /** Parcels of one fulfillment: a pallet of them is several. */
  parcelsMax: 50,
  /** The longest that carriers use have some 40. */
  trackingNumberCharactersMax: 100,
  /** A cart that nobody touches so long is given up: somebody who comes back later finds other prices and starts again. */
  cartIdleMs: 60 * 24 * 3_600_000,
  /** A cart that was given up is kept so long, for somebody who asks where it is. */
  cartKeepMs: 30 * 24 * 3_600_000,
  /** Of each kind at once: a tick stays short, and ten minutes apart that is 72,000 carts a day. */
  cartsForgottenMax: 500,
  lineQuantityMax: 9_999,
  /** Where downloads are counted, how long a link that was used is good: for a file that broke off to be continued, and as one download. */
  downloadAgainMs: 3_600_000,
  /** Of a bundle: what somebody packs into one box. */
  bundlePartsMax: 20,
  /** Records that a filter through a list of references is looked up by: with more, each record's list is followed instead. */
  followedIdsMax: 200,
  bundlePartQuantityMax: 100,
  /** How long a link to what was bought is good: a large file over a slow line, and a night in between. */
  downloadLinkHours: 24,
  /** Milliseconds since 1970 that a link may name: as many digits as a query of ours takes. */
  linkTimeMax: 999_999_999_999_999,
  /** A thing that is sold and its sides: what a lorry carries. All lines of a cart together are still counted exactly. */
  optionsMax: 5,
  optionValuesMax: 200,
  optionCharactersMax: 60,
  /** The name of an option, a colon, a blank and a value. */
  optionTextCharacters: 122,
  /** A hash of SHA-256 in base64url. */
  optionKeyCharacters: 43,
  /** What a product is counted by, as a text in an index: some ten categories and as many values of options. */
  facetCharacters: 400,
  /** Kinds of products that differ in what they are counted by: so many are counted in a quarter of a second of one core. */
  facetGroupsMax: 100_000,
  /** Conditions that are looked at beside the query: a bit each of 31. */
  facetFiltersMax: 30,
  /** Values of one facet that are told. */
  facetValuesMax: 200,
  /** Categories whose titles and places in the tree an answer of facets knows. */
  facetCategoriesMax: 5_000,
  skuCharacters: 100,
  /** What a SKU begins with that is made of options: half of it. */
  skuPrefixCharacters: 50,
  /** Variants that one operation makes of the options of a product: some 100 ms of the writer. */
  variantsMadeMax: 500,
  categoryDepthMax: 8,
  /** The ids on the way to the deepest one, each with its slash, and the first: they fit one index. */
  categoryPathCharacters: 255,
  /** Lists of prices that are on: every cart of a shop that has some looks at all of them. */
  priceListsMax: 100,
  /** Prices of one variant in one list, by quantity: every cart looks at all of them. */
  priceBreaksMax: 20,
  /** Besides the shop's own: a variant tells its prices in each. */
  shopCurrenciesMax: 20,
  /** How far back the lowest price before a reduction is looked for: article 6a of Directive 98/6/EC. */
  priorPriceMs: 30 * 24 * 3_600_000,
  weightGramsMax: 40_000_000,
  sideMillimetersMax: 100_000,
  /** Minor units of what is in a cart together with its shipping: with tax, and paid with every try there is, it is counted exactly. */
  cartAmountMax: 10_000_000_000_000,
  /** Minor units of one movement of money, as a provider or staff say it: no order comes to more, and some hundreds of them are still counted exactly. */
  moneyMovedMax: 40_000_000_000_000,
  /** Tries to pay one order: a customer needs a handful, somebody who tests stolen cards needs thousands. Past it: finish an open one, or cancel and order again. */
  paymentAttemptsMax: 20,
  /** Days before an authorization ends at which staff are told, unless the config says otherwise: a weekend. */
  authorizationWarningDays: 2,
  /** How long a payment link is good unless staff say otherwise, and at most: its order keeps its goods as long. */
  paymentLinkMs: 3 * 24 * 3_600_000,
  paymentLinkMsMax: 90 * 24 * 3_600_000,
  /** A link that is over still says so, and which payment was begun by it. */
  paymentLinksKeepMs: 90 * 24 * 3_600_000,
  /** Gift cards that one order is paid with: more than somebody has at hand, and few rows that its checkout waits for. */
  giftCardsPerOrderMax: 5,
  /** As how many writes a request counts for each code that it tries, of a gift card or a discount: 300 a minute are 20 codes then, as of passwords. */
  codeWrites: 15,
  /** What comes back to a gift card whose time is over can be spent for so long again. */
  giftCardAgainMs: 30 * 24 * 3_600_000,
  /** Gift cards that expire in one tick of ten minutes: 14,400 a day. */
  giftCardsPerTick: 100,
  /** Grants that an account is shown beside its store credit. */
  creditGrantsShown: 50,
  /** Mails to one address that anybody could have caused: so many at once, then one in so long. Never of money that moved. */
  strangerMailsAtOnce: 5,
  strangerMailMs: 3_600_000,
  /** Past that, one an hour for each network that asks, and so many a day for all: one stranger keeps no owner from their mail, and a thousand do not flood it. */
  strangerMailNetworksMax: 20,
  /** Attempts of one mail that fail: more than the schedule of any category has, which is what ends it. */
  mailAttemptsMax: 100,
  /** How long the way to the mail server rests after it failed; doubled with each try that fails. Until then no message loses an attempt. */
  mailPauseMs: 5_000,
  mailPauseMaxMs: 300_000,
  /** After so many refusals in a row that speak of all our mail, a domain rests: for a minute, and half an hour at most. */
  mailDomainFailuresMax: 3,
  mailDomainPauseMs: 60_000,
  mailDomainPauseMaxMs: 1_800_000,
  /** Domains of which a process knows how they are; those at rest stay. */
  mailDomainsKept: 10_000,
  /** Before a message whose answer was lost is sent once more, where the config wants that: its receiver may have finished with the first by then. */
  mailUncertainMs: 600_000,
  /** The longest pause between two tries of a mail, and some: whatever knows the first must know the second as its repeat. */
  mailRepeatMs: 10 * 3_600_000,
  /** A question to the DNS: to so many resolvers, each twice, with so long for each try. RFC 1035 asks for 2 to 5 seconds; what waits for it has other tries. */
  dnsServersMax: 2,
  dnsTriesMax: 2,
  dnsTryMs: 2_000,
  /** Of an answer: records that are read, and names that are another's before its own. The root has 13 servers, and nobody more mail servers than some 30. */
  dnsRecordsMax: 200,
  dnsAliasesMax: 10,
  /**
   * Mail straight to servers of its receivers: those of a domain that are tried, addresses of each, and for how long all of it, from the first
   * question to the DNS on. With questions at its end that nobody answers it is over before the lease of an effect.
   */
  mailHostsMax: 5,
  mailAddressesMax: 3,
  mailDirectMs: 20_000,
  mailConnectMs: 5_000,
  /** With less time left no other server is looked up, or met. */
  mailNextMs: 8_000,
  mailLeastMs: 2_000,
  /** Of a process: half of the places of effects. Servers that do not answer keep payments from none. */
  mailDirectAtOnce: 20,
  /** Certificates above that of a server: two are usual. */
  mailChainMax: 8,
  /**
   * A policy of MTA-STS (RFC 8461 section 3.2 and 3.3): time for it, characters, names of servers, how long it is kept at most, and how soon one that
   * could not be had is asked for again.
   */
  mailPolicyMs: 5_000,
  mailPolicyCharactersMax: 65_536,
  mailPolicyNamesMax: 100,
  mailPolicyAgeMaxMs: 31_557_600_000,
  mailPolicyAgainMs: 300_000,
  /** How far ahead a mail may be written. */
  mailAheadMaxMs: 366 * 24 * 3_600_000,
  /** Units of a variant at one location: far above any store room, and sums of it stay exact. */
  stockUnitsMax: 1_000_000_000,
  /** Of the name of a place where goods lie. */
  locationCharacters: 60,
  /** Lines of one count of a location: some 100 ms of the writer. */
  stockCountLinesMax: 500,
  /** Units in one order unless the config says otherwise: no single unpaid order holds a whole stock. */
  orderUnitsDefault: 1_000,
  /** How long stock stays held for an order that nobody pays. */
  orderHoldMs: 30 * 60_000,
  /** However often its payment is tried again: from checkout on. Four tries of the time above, then others may buy. */
  orderHoldTotalMs: 2 * 3_600_000,
  /** Days that an order may wait for its bank transfer, its stock held. */
  transferDaysMax: 90,
  /** An order whose time is over while a payment may still succeed is looked at again after this. */
  orderWaitMs: 60_000,
  /** Orders looked at in one tick of their expiry: each may hold many rows until the commit. */
  ordersPerTick: 50,
  /** A provider that says for so long that it has no such payment has none: longer than its own search may lag behind. */
  paymentMissingMs: 30 * 60_000,
  /** Refunds of one payment whose facts are taken from a webhook: each is looked for among the others, 20 ms of the writer for so many. */
  refundsToldMax: 100,
  /** Why an attempt failed, in the words of a provider or of code of a project: as much as is kept of it, many times over in a list. */
  refusalCharactersMax: 1_000,
  /** Frames of the project's own files that the log shows in development: where the mistake is, and how one came there. */
  logOwnFramesMax: 3,
  /** Frames of a stack in which none of the project's files stands: enough to search for. */
  logOtherFramesMax: 4,
  /** Causes of causes that are looked through for them: two or three are usual. */
  logCausesMax: 5,
  /** Pages of 250 payments that Mollie is asked for to find one of ours by its metadata: a second each, within the lease of an effect. */
  mollieSearchPagesMax: 10,
  /** Pages of 250 lines of Mollie's account that one look walks back: the cursor names where each begins, in 1,000 characters. */
  mollieListPagesMax: 40,
  /** PayPal's certificates that are kept: it changes its own about once a year, and a new one has a new address. */
  payPalCertificatesMax: 8,
  /** Addresses of certificates that are not there, and how long none of them is asked for again: anybody can name one. */
  payPalCertificatesMissedMax: 100,
  payPalCertificateMissedMs: 60_000,
  /** Certificates that are asked for at once. */
  payPalCertificatesAskedMax: 4,
  /** A file of certificates: a chain of them has a few thousand characters. */
  payPalCertificateCharactersMax: 32_000,
  payPalCertificateChainMax: 5,
  /** Disputes of one payment that are asked for: more than its buyer opens. */
  payPalDisputesMax: 10,
  /** Pages of 500 transactions in which an order is looked for whose name was lost: a shop with more finds it by a webhook. */
  payPalSearchPagesMax: 10,
  /** Looks for what a signed webhook speaks of, in one tick of ten seconds. */
  webhooksPerTick: 100,
  /** A webhook that nothing of ours answers to for so long is shown to staff as unmatched. */
  webhookWaitMs: 15 * 60_000,
  /** Lines of a provider's account that one transaction stores: some 50 ms of the writer. */
  settlementLinesPerStep: 200,
  /** From the end of a reading of a provider's account to its comparison: payments whose facts were missing are looked at meanwhile. */
  settlementLookMs: 60_000,
  /** How far back the next reading begins before the end of the last: accounts show some lines late. */
  settlementOverlapMs: 3 * 24 * 3_600_000,
  /** A fact that the provider's account does not show for so long is told: search at PayPal is three hours behind. */
  settlementGraceMs: 24 * 3_600_000,
  /** A reading that has not gone on for so long is given up for another. */
  settlementStuckMs: 3_600_000,
  /** Differences between the books and a provider's account that are told one by one. */
  differencesToldMax: 200,
  /** Of a tax, in parts per million: as much as the price. */
  taxRatePpmMax: 1_000_000,
  /** Characters that an order is found by; what is beyond is not found. */
  orderTextCharactersMax: 50_000,
  /** Pages of orders that are made findable at once, every ten seconds: 200 orders a second. */
  orderTextPagesPerTick: 10,
  /** Records that a search of texts finds: the newest. */
  searchTextsMax: 1_000,
  /** Days of one figure: ten years. */
  figureDaysMax: 3_660,
  /** Rows that a figure answers with; its CSV has all of them. */
  figureRowsMax: 1_000,
  figureRowsDefault: 200,
  /** Ledger entries are sealed once they are so old: later than any transaction that could still write between them has ended. */
  ledgerSealAfterMs: 2 * 60_000,
  /** Entries of one block: what is read and hashed at once, some 10 ms. */
  ledgerEntriesPerBlock: 1_000,
  /** Of one tick of ten seconds: 500 entries a second, 60 orders. Past that, sealing comes later; balances count what is not sealed. */
  ledgerBlocksPerTick: 5,
  /** Payments asked for in one tick of five seconds: 20 a second, and a transaction of some 10 ms. */
  paymentsPerTick: 100,

  /** A batch of a backfill: a writer of the same rows waits no longer than about this. */
  migrationBatchMs: 50,
  migrationBatchRowsMin: 100,
  migrationBatchRowsMax: 5_000,
  /** How long a change of the schema tries to get at its table before it gives up. */
  migrationLockMs: 60_000,
  /** How long `kingpost migrate apply` waits for another one of the same database: a new index of a large table takes minutes. */
  migrationTurnMs: 10 * 60_000,
  /** How often one run fills what servers of the version before leave empty meanwhile. */
  migrationPassesMax: 5,
  /** MongoDB: a migrator that has not renewed its lease for so long is dead. */
  migrationLeaseMs: 4_000,
  /** A server's estimate of more rows than these is believed; else they are counted. */
  migrationCountMax: 10_000,
  /** Records named when they stand in the way of a migration: enough to see what is wrong with them. */
  migrationObstaclesMax: 10,

  /** Of one row in an archive: twice the largest document of MongoDB, which holds a line of the log too. */
  archiveLineCharactersMax: 33_554_432,
  /** Rows of a collection in memory at once while it is verified; also the ids in one look-up (SQLite takes 32,766). */
  verifyPageSize: 250,
  /** Violations of one invariant that are told one by one: more say nothing new, and the count continues. */
  violationsToldMax: 100,
  /** On a running system something may be under way: longer than the longest pause between retries, it is stuck. */
  verifyPatienceMs: 3 * 3_600_000,
} as const
