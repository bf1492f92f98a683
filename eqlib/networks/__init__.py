"""Networks beside the one that is trained: those that ship, the plain form, ONNX."""
