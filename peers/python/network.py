"""The network of src/model/network.rs in PyTorch and in Keras, and the windows that `ours.rs` writes."""
import json
import pathlib

import numpy as np


def load(folder):
    """The sizes, and each window as a dictionary of arrays."""
    folder = pathlib.Path(folder)
    sizes = json.loads((folder / "sizes.json").read_text())
    raw = np.fromfile(folder / "windows.bin", dtype="<u4")
    at = 0

    def array():
        nonlocal at
        length = int(raw[at])
        values = raw[at + 1 : at + 1 + length].astype(np.int64)
        at += 1 + length
        return values

    windows = []
    for _ in range(sizes["windows"]):
        lists = [(array(), array()) for _ in range(5)]  # rows, and where each position's begin
        parts = array().reshape(-1, 5)
        windows.append({"step": lists[0], "heads": lists[1:], "parts": parts, "lowest": array()})
    return sizes, windows


def torch_network(sizes):
    import torch

    hidden, width, batch, steps = sizes["hidden"], sizes["head"], sizes["batch"], sizes["steps"]

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = torch.nn.EmbeddingBag(sizes["step_rows"], sizes["embedding"], mode="sum")
            self.lstm = torch.nn.LSTM(sizes["embedding"], hidden, sizes["layers"], dropout=0.2)
            self.dropout = torch.nn.Dropout(0.2)
            self.family = torch.nn.Linear(hidden, sizes["families"])
            self.trunk = torch.nn.Linear(hidden, 4 * width)
            self.tables = torch.nn.ModuleList(
                torch.nn.EmbeddingBag(rows, width, mode="sum") for rows, _ in sizes["heads"])
            self.outs = torch.nn.ModuleList(torch.nn.Linear(width, classes) for _, classes in sizes["heads"])

        def forward(self, window, state):
            loss_of = torch.nn.functional.cross_entropy
            x = self.embedding(*window["step"]).view(steps, batch, -1)
            top, state = self.lstm(x, state)
            top = self.dropout(top).reshape(steps * batch, hidden)
            loss = loss_of(self.family(top), window["parts"][:, 0])
            trunk = self.trunk(top)
            for k in range(4):
                rows = self.tables[k](*window["heads"][k])
                logits = self.outs[k](torch.relu(trunk[:, k * width : (k + 1) * width] + rows))
                if k == 1:
                    logits = logits.masked_fill(window["closed"], -float("inf"))
                loss = loss + loss_of(logits, window["parts"][:, 1 + k])
            return loss, state

    return Network()


def torch_windows(windows):
    import torch

    tensor = torch.from_numpy
    return [
        {
            "step": [tensor(a) for a in w["step"]],
            "heads": [[tensor(a) for a in pair] for pair in w["heads"]],
            "parts": tensor(w["parts"]),
            "closed": torch.arange(128)[None, :] < tensor(w["lowest"])[:, None],
        }
        for w in windows
    ]


def say(seconds, **more):
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak_mib": peak, **more}))
