import { ServingError } from '../contracts/error.ts'
import type { PredictBatchRequest, PredictRequest } from '../contracts/predict.ts'
import type { ModelAccess } from '../contracts/served-model.ts'
import { symbolGlob } from '../contracts/symbol.ts'

/** One row of the route table: symbols by glob, and the model that answers them. */
export type Route = { readonly symbols: string; readonly model: string }
/** The operator's choice of models by symbol: the first route that matches, else the default model. */
export type RouteTable = { readonly routes: readonly Route[]; readonly defaultModel: string | undefined }
/** A route table with its globs compiled, and the models that it is about. */
export type Routing = {
  readonly modelOf: (symbol: string) => string | undefined
  readonly models: Pick<ModelAccess, 'admits' | 'namesFor'>
}
/** Which model and which version or label of it answers a request. */
export type Plan = { readonly model: string; readonly selector: string }

/** Compiles a route table. */
export function makeRouting({ routes, defaultModel }: RouteTable, models: Routing['models']): Routing {
  const compiled = routes.map((route) => ({ matches: symbolGlob(route.symbols), model: route.model }))
  return { models, modelOf: (symbol) => compiled.find(({ matches }) => matches(symbol))?.model ?? defaultModel }
}

/**
 * Decides what answers: the model that the request names, else that of the symbol's route, else the default model (semantics 12). Throws `model_not_found` for a named
 * model that does not exist and `no_model_for_symbol` when the choice does not admit the symbol.
 */
export function select(request: Pick<PredictRequest, 'symbol' | 'model' | 'model_version'>, routing: Routing): Plan {
  const { symbol, model } = request
  if (model !== undefined && !routing.models.admits(model, symbol)) throw noModelForSymbol(symbol, model, routing.models)
  const chosen = model ?? routedModel(symbol, routing)
  if (chosen === undefined) throw noModelForSymbol(symbol, routing.modelOf(symbol), routing.models)
  return { model: chosen, selector: request.model_version ?? 'latest' }
}

/** As `select`, for a batch: the model that it names, else that of the first item that has one, answers all of it. Which symbols a named model admits is each item's affair. */
export function selectForBatch({ requests, model, model_version }: PredictBatchRequest, routing: Routing): Plan {
  const selector = model_version ?? 'latest'
  const [first] = requests
  if (model !== undefined) {
    routing.models.admits(model, first?.symbol ?? '') // throws model_not_found
    return { model, selector }
  }
  for (const { symbol } of requests) {
    const chosen = routedModel(symbol, routing)
    if (chosen !== undefined) return { model: chosen, selector }
  }
  throw noModelForSymbol(first?.symbol ?? '', undefined, routing.models)
}

/** The model that the table gives for a symbol, if it admits it. A model that only the configuration names may not be there (yet): the client did not ask for it. */
export function routedModel(symbol: string, { modelOf, models }: Routing): string | undefined {
  const name = modelOf(symbol)
  if (name === undefined) return undefined
  try {
    return models.admits(name, symbol) ? name : undefined
  } catch (error) {
    if (error instanceof ServingError && error.code === 'model_not_found') return undefined
    throw error
  }
}

/** The refusal of a symbol, with the names of the models that would answer it. */
export function noModelForSymbol(symbol: string, asked: string | undefined, models: Routing['models']): ServingError {
  const others = models.namesFor(symbol).filter((name) => name !== asked)
  const who = asked === undefined ? `No route leads from ${symbol} to a model` : `The model ${asked} does not answer ${symbol}`
  const hint =
    others.length === 0
      ? 'no model that is installed does; GET /models lists them'
      : `ask for "model": ${others.map((name) => JSON.stringify(name)).join(' or ')}`
  return new ServingError('no_model_for_symbol', `${who}; ${hint}`, { places: [{ pointer: '/symbol', rule: 'admitted', got: symbol }] })
}
