"""Full and causal attention in NumPy, ONNX Runtime and IREE."""

from __future__ import annotations

import numpy as np

from . import inputs


def prepare_numpy(case):
    """Two products and a softmax."""
    q, k, v = inputs.make_inputs(case)
    scale = np.float32(case.D**-0.5)

    def run():
        scores = np.matmul(q, k.swapaxes(-1, -2))
        scores *= scale
        scores -= scores.max(-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(-1, keepdims=True)
        return np.matmul(scores, v)

    return run


def prepare_onnxruntime(case):
    """The operator `Attention` of opset 23, on one thread or as many as the row has."""
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper

    arrays = dict(zip("qkv", inputs.make_inputs(case)))
    node = helper.make_node(
        "Attention", list("qkv"), ["o"], is_causal=int(case.family == "causal")
    )
    values = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, arrays.get(name, arrays["q"]).shape)
        for name in "qkvo"
    ]
    graph = helper.make_graph([node], "attention", values[:3], values[3:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 23)], ir_version=10)
    onnx.checker.check_model(model)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = case.threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return lambda: session.run(None, arrays)[0]


# Two products and a softmax: on a CPU, IREE's own fused form is many times slower.
IREE = """
func.func @attention(%q: tensor<{qk}>, %k: tensor<{qk}>, %v: tensor<{qk}>) -> tensor<{qk}> {{
  %zero = arith.constant 0.0 : f32
  %scale = arith.constant {scale:e} : f32
  %no_scores = tensor.empty() : tensor<{s}>
  %zeros = linalg.fill ins(%zero : f32) outs(%no_scores : tensor<{s}>) -> tensor<{s}>
  %products = linalg.batch_matmul indexing_maps = [
      affine_map<(h, i, j, d) -> (h, i, d)>,
      affine_map<(h, i, j, d) -> (h, j, d)>,
      affine_map<(h, i, j, d) -> (h, i, j)>]
    ins(%q, %k : tensor<{qk}>, tensor<{qk}>) outs(%zeros : tensor<{s}>) -> tensor<{s}>
  %scales = tensor.splat %scale : tensor<{s}>
  %scores = arith.mulf %products, %scales : tensor<{s}>
  %weights = linalg.softmax dimension(2) ins(%scores : tensor<{s}>)
    outs(%no_scores : tensor<{s}>) -> tensor<{s}>
  %no_output = tensor.empty() : tensor<{qk}>
  %output = linalg.fill ins(%zero : f32) outs(%no_output : tensor<{qk}>) -> tensor<{qk}>
  %o = linalg.batch_matmul ins(%weights, %v : tensor<{s}>, tensor<{qk}>)
    outs(%output : tensor<{qk}>) -> tensor<{qk}>
  return %o : tensor<{qk}>
}}
"""


def prepare_iree(case):
    """Batched products with data tiling and a softmax, on the calling thread."""
    import iree.compiler
    import iree.runtime

    arrays = [array[0] for array in inputs.make_inputs(case)]
    text = IREE.format(
        qk=f"{case.H}x{case.N}x{case.D}xf32",
        s=f"{case.H}x{case.N}x{case.N}xf32",
        scale=case.D**-0.5,
    )
    binary = iree.compiler.compile_str(
        text,
        target_backends=["llvm-cpu"],
        extra_args=["--iree-llvmcpu-target-cpu=host", "--iree-opt-data-tiling"],
    )
    config = iree.runtime.Config("local-sync")
    module = iree.runtime.load_vm_module(
        iree.runtime.VmModule.copy_buffer(config.vm_instance, binary), config
    )
    device = [iree.runtime.asdevicearray(config.device, array) for array in arrays]

    def run():
        # The array that to_host returns does not keep its memory: copy it in time.
        output = module.attention(*device)
        return np.array(output.to_host())[None]

    return run


SIDES = {"numpy": prepare_numpy, "onnxruntime": prepare_onnxruntime, "iree": prepare_iree}
