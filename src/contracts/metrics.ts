/** One metric of the product: what it is to Prometheus, what it says, and the labels that tell its series apart. */
export type MetricRow = { readonly kind: 'counter' | 'gauge' | 'histogram'; readonly meaning: string; readonly labels: readonly string[] }

const counter = <const Labels extends readonly string[]>(meaning: string, labels: Labels) => ({ kind: 'counter', meaning, labels }) as const
const gauge = <const Labels extends readonly string[]>(meaning: string, labels: Labels) => ({ kind: 'gauge', meaning, labels }) as const
const histogram = <const Labels extends readonly string[]>(meaning: string, labels: Labels) => ({ kind: 'histogram', meaning, labels }) as const

/** The one table of metrics, without the prefix `presage_`: nothing else is measured, and docs/metrics.md is made from it. */
export const metrics = {
  http_requests_total: counter('HTTP answers by route and status; 499 is a client who left before his', ['route', 'status']),
  http_request_seconds: histogram('From the headers to the answer', ['route']),

  predictions_total: counter('Answered predictions', ['model', 'signal', 'outcome']),
  prediction_errors_total: counter('Predictions that were refused or failed, by error code', ['model', 'code']),
  prediction_fallbacks_total: counter('Predictions that a model did not answer and for which its manifest declares fallbacks, by reason and by what answered', [
    'model',
    'reason',
    'answered_by',
  ]),
  prediction_seconds: histogram('Seconds from the checked request to the answer, features and inference included', ['model']),
  prediction_batch_seconds: histogram('Seconds from the checked batch to its answer', []),
  prediction_batch_items: histogram('Items in a batch', []),

  model_loads_total: counter('Loads of model versions, by how they ended', ['model', 'result']),
  model_load_seconds: histogram('Time to load, verify and warm a model version', ['model']),
  model_store_failures_total: counter('Times that the metadata store refused what the models had for it', ['what']),
  model_device_fallback: gauge('Whether a model whose manifest asks for a graphics card is computed on the CPU: 1 or 0', ['model', 'version']),
  model_process_restarts_total: counter(
    'Inference processes that were started, or were to be, in place of another: it ended, had answered its share of calls, or had too much memory',
    ['model', 'reason'],
  ),
  batch_queue_rows: gauge('Rows that wait for a process of their model', ['model', 'version']),
  batch_rows: histogram('Rows of one call of a model that runs in another process', ['model', 'version']),
  batch_dropped_rows_total: counter('Rows that never reached the process of their model, by error code', ['model', 'version', 'code']),
  remote_circuit_state: gauge('Circuit to a remote model: 0 closed, 1 half-open, 2 open', ['server', 'model']),
  remote_retries_total: counter('Calls of a remote model that were made a second time', ['server', 'model']),

  feature_vector_reads_total: counter('Vector reads, by whether they were answered without recomputation', ['result']),
  feature_values_absent_total: counter('Values that a vector was read without, by feature and why', ['feature', 'status']),
  feature_values_quarantined_total: counter('Values that were computed and lie outside of what the feature can be, by feature', ['feature']),
  feature_freshness_seconds: histogram('Seconds from the close of a bar (replay: its receipt) to readable features', ['clock']),
  feature_parity_checks_total: counter('Vectors of closing bars that were computed again from stored bars, by what came out', ['result']),
  feature_module_faults_total: counter('Kernels of feature modules whose code threw while they served', ['feature']),
  feature_states_failed: gauge('1 while states of features cannot be written to disk', []),

  feature_store_reads_total: counter('Reads of vectors that another replica computes, by what answered: the mirror, a round trip, or nothing', ['result']),
  feature_store_freshness_seconds: histogram('Seconds from the close of a bar (replay: its receipt) to its mirrored vector', []),
  feature_store_mirrored_symbols: gauge('Symbols of other replicas whose vectors are mirrored', []),
  feature_store_publications_total: counter('Publications of changed symbols: done, failed, or refused as another replica writes', ['result']),
  feature_store_unshared_symbols: gauge('Symbols whose newest changes this replica could not publish yet', []),
  feature_store_leases: gauge('Symbols that this replica writes: held, or not confirmed in time', ['state']),
  feature_store_corrupt_total: counter('Entries of the online store whose checksum or digest was wrong: they were not used', []),

  market_bars_total: counter('Bars that came in, by what became of them', ['result']),
  market_bars_quarantined_total: counter('Bars that were refused, by what is wrong with them', ['kind']),
  market_bars_missing_total: counter('Bars that were missing in gaps; those that came later are in market_bars_total as inserted', []),
  market_gaps_total: counter('Gaps in series whose calendar says which bars there are, counted when the bar came that ended them', []),
  market_ticks_total: counter('Trades that came in, by what became of them', ['result']),
  market_books_total: counter('Order books that came in, by what became of them', ['result']),
  market_funding_total: counter('Funding rates that came in, by what became of them', ['result']),
  market_journal_failed: gauge('1 while bars cannot be written to disk', []),

  feed_connected: gauge('1 while the feed is connected to its exchange', ['exchange']),
  feed_last_event_age_seconds: gauge('Seconds since the exchange last said anything', ['exchange']),
  feed_clock_skew_seconds: gauge('How far the clock of the exchange is ahead', ['exchange']),
  feed_left_symbols: gauge('Symbols whose market data is left to another replica', ['exchange']),
  feed_reconnects_total: counter('Connections to the exchange after the first', ['exchange']),
  feed_book_resyncs_total: counter('Order books that began anew after a gap in their sequence', ['exchange']),
  feed_gap_filled_bars_total: counter('Bars that came by REST and not by the stream', ['exchange']),
  feed_empty_bars_total: counter('Bars made for periods in which the exchange had no trade', ['exchange']),
  feed_duplicates_total: counter('Updates that said nothing new', ['exchange']),
  feed_dropped_rows_total: counter('Trades and books dropped because the server was too slow', ['exchange']),
  feed_rest_requests_total: counter('Questions to the exchange by REST', ['exchange']),
  feed_rest_failures_total: counter('Questions by REST without a usable answer', ['exchange']),
  feed_restarts_total: counter('Ends of the process, after which it is started again', ['exchange']),
  feed_refused_rows_total: counter('Rows that the market refused: quarantined, or the series has other settings', ['exchange']),

  history_rows_lost_total: counter('Trades, order books and vectors of predictions that were not kept for history, by why', ['kind', 'why']),
  history_log_failed: gauge('1 while trades, order books or vectors of predictions are not kept for history', ['kind']),
  history_bars_read_total: counter('Versions of bars of closed days that the sealer took from the journal', []),
  history_rows_read_total: counter('Trades, order books and vectors of predictions of closed days that the sealer took from their logs', []),
  history_files_written_total: counter('Parquet files that got something new', []),
  history_files_removed_total: counter('Parquet files that were older than they are to be kept', []),
  history_failures_total: counter('Attempts to seal that failed; the next one begins where the last that did not fail ended', []),
  history_sealed_timestamp_seconds: gauge('When closed days were last sealed, in seconds since the epoch', []),
} as const satisfies Readonly<Record<string, MetricRow>>

type Metrics = typeof metrics
/** The names of the metrics of a kind. */
export type MetricName<Kind extends MetricRow['kind']> = { [Name in keyof Metrics]: Metrics[Name]['kind'] extends Kind ? Name : never }[keyof Metrics]
