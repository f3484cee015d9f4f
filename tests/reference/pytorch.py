"""Makes encoding2.json and encoding3.json: what PyTorch computes for a small network with fixed weights.

    pip install torch numpy
    python tests/reference/pytorch.py 2 > tests/reference/encoding2.json
    python tests/reference/pytorch.py 3 > tests/reference/encoding3.json

The network is that of src/model/network.rs in encoding 2 or 3 with embedding 5, hidden 7, two layers, heads of 3
and two styles; element i of the flat parameter buffer is ((i * 2654435761) mod 2^32) / 2^32 - 0.5, times 0.8.
"""
import json
import sys
import torch

ENCODING = int(sys.argv[1])

E, H, R, STYLES = 5, 7, 3, 2
FAMILIES, SHIFTS, PITCHES, DURATIONS, VELOCITIES = 17, 109, 128, 68, 16
BACK = 4
RUNS = BACK * 8
STEP_ROWS = (FAMILIES + 1) + (SHIFTS + 1) + (PITCHES + 1) + (DURATIONS + 1) + (VELOCITIES + 1) + 192 + 16 + 20 + 2 \
    + 3 * PITCHES + BACK * (FAMILIES + 1 + SHIFTS + PITCHES + DURATIONS) + RUNS
HEADS = [  # name, rows, classes
    ("shift", FAMILIES + BACK * (SHIFTS + 1) + RUNS, SHIFTS),
    ("pitch", FAMILIES + SHIFTS + 192 + PITCHES + BACK * (PITCHES + 1) + RUNS, PITCHES),
    ("duration", FAMILIES + SHIFTS + PITCHES + 192 + BACK * (DURATIONS + 1) + RUNS, DURATIONS),
    ("velocity", FAMILIES + PITCHES + DURATIONS + 192 + VELOCITIES + 1, VELOCITIES),
]

if ENCODING == 3:
    FINE, FEELS, HARMONY, CHANGES, ENDS = 32, 34, 37, 12, 6
    STEP_ROWS += FINE + 1 + FEELS + 1 + 2 * HARMONY + CHANGES + ENDS
    added = [0, 2 * HARMONY + ENDS, CHANGES + ENDS, (1 + BACK) * (FINE + 1)]
    HEADS = [(name, rows + more, classes) for (name, rows, classes), more in zip(HEADS, added)]
    HEADS[3] = (HEADS[3][0], HEADS[3][1], FINE)
    VELOCITIES = FINE
    feel_rows = FAMILIES + SHIFTS + PITCHES + FINE + 192 + (1 + BACK) * (FEELS + 1)
    HEADS.append(("feel", feel_rows, FEELS))

offset = 0
def tensor(rows, columns):
    global offset
    i = torch.arange(offset, offset + rows * columns, dtype=torch.int64)
    offset += rows * columns
    return ((((i * 2654435761) % 2**32).double() / 2**32 - 0.5) * 0.8).float().reshape(rows, columns)

embedding = tensor(STEP_ROWS + STYLES, E)
lstm = torch.nn.LSTM(E, H, num_layers=2)
with torch.no_grad():
    for layer, inputs in enumerate([E, H]):
        getattr(lstm, f"weight_ih_l{layer}").copy_(tensor(4 * H, inputs))
        getattr(lstm, f"weight_hh_l{layer}").copy_(tensor(4 * H, H))
        getattr(lstm, f"bias_ih_l{layer}").copy_(tensor(1, 4 * H)[0])
        getattr(lstm, f"bias_hh_l{layer}").zero_()
def linear(n_out, n_in):
    return tensor(n_out, n_in), tensor(1, n_out)[0]
family = linear(FAMILIES, H)
trunk = linear(len(HEADS) * R, H)
outs = [linear(classes, R) for _, _, classes in HEADS]
tables = [tensor(rows, R) for _, rows, _ in HEADS]

positions = []
for t in range(6):
    positions.append({
        "step_rows": [(7 * t + 131 * k) % (STEP_ROWS + STYLES) for k in range(9)],
        "head_rows": [[(5 * t + 17 * k + h) % HEADS[h][1] for k in range(h + 1)] for h in range(len(HEADS))],
        "lowest_pitch": 40 if t % 2 else 0,
        "parts": [t % FAMILIES, (t * 31) % SHIFTS, 40 + t * 9, (t * 13) % DURATIONS, (t * 5) % VELOCITIES]
            + [(t * 11) % FEELS for _ in HEADS[4:]],
    })
with torch.no_grad():
    x = torch.stack([embedding[p["step_rows"]].sum(0) for p in positions]).unsqueeze(1)
    top, _ = lstm(x)
    for p, h in zip(positions, top[:, 0]):
        p["top"] = h.tolist()
        inner = trunk[0] @ h + trunk[1]
        log_p = [torch.log_softmax(family[0] @ h + family[1], 0)[p["parts"][0]].item()]
        for k in range(len(HEADS)):
            a = torch.relu(inner[k * R:(k + 1) * R] + tables[k][p["head_rows"][k]].sum(0))
            logits = outs[k][0] @ a + outs[k][1]
            if k == 1:
                logits[:p["lowest_pitch"]] = -float("inf")
            log_p.append(torch.log_softmax(logits, 0)[p["parts"][1 + k]].item())
        p["log_probabilities"] = log_p
lines = ",\n".join(json.dumps(p) for p in positions)
print(f'{{"torch": {json.dumps(torch.__version__)}, "n_parameters": {offset}, "positions": [\n{lines}\n]}}')
