import { test } from 'node:test'
import { frameworkOrSkip } from '../support/python.ts'
import { checkExample } from './support/trained-example.ts'

test('Keras: served as ONNX, and as a SavedModel by TensorFlow', async (t) => {
  const python = frameworkOrSkip(t, ['keras', 'tensorflow', 'tf2onnx', 'torch', 'onnxruntime', 'msgpack'])
  await checkExample(t, { script: 'train_keras.py', python }, [
    ['keras_network', 'onnx', 'onnx'],
    ['keras_original', 'python', 'tensorflow-savedmodel'],
  ])
})

test('PyTorch: served as ONNX, and as an exported program by PyTorch', async (t) => {
  const python = frameworkOrSkip(t, ['torch', 'onnxscript', 'onnxruntime', 'msgpack'])
  await checkExample(t, { script: 'train_torch.py', python }, [
    ['torch_network', 'onnx', 'onnx'],
    ['torch_original', 'python', 'torch-export'],
  ])
})
