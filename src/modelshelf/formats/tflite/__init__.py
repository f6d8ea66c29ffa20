"""TensorFlow Lite models: graphs, tensors and buffers in one FlatBuffers file."""
