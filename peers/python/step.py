"""One step of the LSTM at batch 1, one thread, rows to the top: python step.py torch|onnx DATA STEPS"""
import sys
import tempfile
import time

import numpy as np
import torch

import network

torch.set_num_threads(1)
sizes, windows = network.load(sys.argv[2])
net = network.torch_network(sizes).eval()
rows, begins = windows[0]["step"]
bags = np.split(rows, begins[1:])[:: sizes["batch"]]  # of the first stream
zero = lambda: torch.zeros(sizes["layers"], 1, sizes["hidden"])
seconds, n_steps = [], int(sys.argv[3])
if sys.argv[1] == "torch":
    bags = [torch.from_numpy(bag) for bag in bags]
    begin = torch.zeros(1, dtype=torch.int64)
    state = (zero(), zero())
    with torch.inference_mode():
        for idx in range(n_steps):
            started = time.perf_counter()
            x = net.embedding(bags[idx % len(bags)], begin)
            top, state = net.lstm(x.view(1, 1, -1), state)
            seconds.append(time.perf_counter() - started)
    network.say(seconds, version=torch.__version__)
else:
    import onnx
    import onnxruntime

    # Built by hand, so that no exporter's detours are timed.
    helper, tensor = onnx.helper, onnx.numpy_helper.from_array
    f32 = onnx.TensorProto.FLOAT
    hidden = sizes["hidden"]
    weights = [tensor(net.embedding.weight.detach().numpy(), "table"), tensor(np.array([0]), "axis"),
               tensor(np.array([1, 1, -1]), "shape"), tensor(np.array([1]), "directions")]
    nodes = [helper.make_node("Gather", ["table", "rows"], ["found"], axis=0),
             helper.make_node("ReduceSum", ["found", "axis"], ["sum"], keepdims=0),
             helper.make_node("Reshape", ["sum", "shape"], ["x0"])]
    inputs = [helper.make_tensor_value_info("rows", onnx.TensorProto.INT64, ["n"])]
    outputs, order = [], [0, 3, 1, 2]  # ONNX has the gates as i, o, f, c
    for k in range(sizes["layers"]):
        for name in ["weight_ih", "weight_hh"]:
            w = getattr(net.lstm, f"{name}_l{k}").detach().numpy().reshape(4, hidden, -1)[order]
            weights.append(tensor(w.reshape(1, 4 * hidden, -1).copy(), f"{name}{k}"))
        b = [getattr(net.lstm, f"{name}_l{k}").detach().numpy().reshape(4, hidden)[order].ravel()
             for name in ["bias_ih", "bias_hh"]]
        weights.append(tensor(np.concatenate(b)[None].copy(), f"bias{k}"))
        inputs += [helper.make_tensor_value_info(f"{n}{k}", f32, [1, 1, hidden]) for n in ["h", "c"]]
        outputs += [helper.make_tensor_value_info(f"{n}{k}", f32, [1, 1, hidden]) for n in ["h_out", "c_out"]]
        nodes.append(helper.make_node(
            "LSTM", [f"x{k}", f"weight_ih{k}", f"weight_hh{k}", f"bias{k}", "", f"h{k}", f"c{k}"],
            [f"y{k}", f"h_out{k}", f"c_out{k}"], hidden_size=hidden))
        nodes.append(helper.make_node("Squeeze", [f"y{k}", "directions"], [f"x{k + 1}"]))
    graph = helper.make_graph(nodes, "step", inputs, outputs, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        file.write(model.SerializeToString())
        file.flush()
        session = onnxruntime.InferenceSession(file.name, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    state = {f"{n}{k}": zero()[:1].numpy() for k in range(sizes["layers"]) for n in ["h", "c"]}
    # It computes what PyTorch does.
    found = session.run(names, {"rows": bags[0], **state})
    with torch.inference_mode():
        x = net.embedding(torch.from_numpy(bags[0]), torch.zeros(1, dtype=torch.int64))
        expected, _ = net.lstm(x.view(1, 1, -1), (zero(), zero()))
    assert np.abs(found[-2].ravel() - expected.numpy().ravel()).max() < 1e-5
    for idx in range(n_steps):
        started = time.perf_counter()
        found = session.run(names, {"rows": bags[idx % len(bags)], **state})
        state = {name.replace("_out", ""): value for name, value in zip(names, found)}
        seconds.append(time.perf_counter() - started)
    network.say(seconds, version=onnxruntime.__version__)
