import { test } from 'node:test'
import { pythonOrSkip } from '../support/python.ts'
import { checkExample } from './support/trained-example.ts'

test('scikit-learn: one pipeline is served as ONNX, the other by scikit-learn itself', async (t) => {
  const python = pythonOrSkip(t, ['sklearn', 'skl2onnx', 'onnxruntime', 'skops', 'msgpack'])
  await checkExample(t, { script: 'train_sklearn.py', python }, [
    ['sklearn_kernel', 'python', 'skops'],
    ['sklearn_network', 'onnx', 'onnx'],
  ])
})

test('XGBoost: trees are served in process', async (t) => {
  await checkExample(t, { script: 'train_xgboost.py', python: pythonOrSkip(t, ['xgboost']) }, [['xgboost_trees', 'trees', 'xgboost-ubj']])
})

test('a class of one’s own is served with what lies beside it', async (t) => {
  await checkExample(t, { script: 'train_custom.py', python: pythonOrSkip(t, ['numpy', 'msgpack']) }, [['analogues', 'python', 'python-class']])
})
