"""Notes a second that PyTorch trains on with cuDNN on a GPU: the peer of benches/cuda.rs.

The same network (sums of embedding rows, LSTM layers with dropout, a trunk and five heads with row tables),
windows of 128 notes, AdamW (fused), gradient clipping, tf32; eager. Medians of 20 updates after 5.

    python peers/python/torch_cuda.py
"""
import statistics
import time

import torch
import torch.nn.functional as F

torch.backends.cuda.matmul.allow_tf32 = True
torch.backends.cudnn.allow_tf32 = True
STEPS = 128
STEP_ROWS, N_ROWS = 2350, 42
HEADS = [("shift", 489, 109, 9), ("pitch", 1000, 128, 15), ("duration", 760, 68, 12), ("velocity", 422, 16, 5)]


class Net(torch.nn.Module):
    def __init__(self, embedding, hidden, layers, head):
        super().__init__()
        self.head = head
        self.embedding = torch.nn.EmbeddingBag(STEP_ROWS, embedding, mode="sum")
        self.lstm = torch.nn.LSTM(embedding, hidden, layers, dropout=0.2 if layers > 1 else 0.0)
        self.drop = torch.nn.Dropout(0.2)
        self.family = torch.nn.Linear(hidden, 17)
        self.trunk = torch.nn.Linear(hidden, 4 * head)
        self.tables = torch.nn.ModuleList(torch.nn.EmbeddingBag(rows, head, mode="sum") for _, rows, _, _ in HEADS)
        self.outs = torch.nn.ModuleList(torch.nn.Linear(head, classes) for _, _, classes, _ in HEADS)

    def forward(self, rows, head_rows, targets, state, batch):
        x = self.embedding(rows).view(STEPS, batch, -1)
        top, state = self.lstm(x, state)
        top = self.drop(top).flatten(0, 1)
        loss = F.cross_entropy(self.family(top), targets[0])
        trunk = self.trunk(top)
        for k in range(4):
            inner = F.relu(trunk[:, k * self.head:(k + 1) * self.head] + self.tables[k](head_rows[k]))
            loss = loss + F.cross_entropy(self.outs[k](inner), targets[1 + k])
        return loss, tuple(s.detach() for s in state)


print(torch.__version__, torch.cuda.get_device_name())
print(f"{'layers':>7} {'hidden':>7} {'batch':>7} {'notes/s':>14}")
for layers, hidden, embedding, head in [(2, 256, 192, 128), (2, 512, 256, 192), (3, 512, 256, 192)]:
    for batch in [16, 64, 128, 256]:
        net = Net(embedding, hidden, layers, head).cuda()
        optimiser = torch.optim.AdamW(net.parameters(), lr=1e-3, fused=True)
        n = STEPS * batch
        rows = torch.randint(STEP_ROWS, (n, N_ROWS))
        head_rows = [torch.randint(r, (n, k)) for _, r, _, k in HEADS]
        targets = [torch.randint(c, (n,)) for c in [17, 109, 128, 68, 16]]
        state = tuple(torch.zeros(layers, batch, hidden, device="cuda") for _ in range(2))
        seconds = []
        for _ in range(25):
            begin = time.perf_counter()
            device = [rows.cuda(), [r.cuda() for r in head_rows], [t.cuda() for t in targets]]
            optimiser.zero_grad(set_to_none=True)
            loss, state = net(*device, state, batch)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            loss.item()
            torch.cuda.synchronize()
            seconds.append(time.perf_counter() - begin)
        print(f"{layers:>7} {hidden:>7} {batch:>7} {n / statistics.median(seconds[5:]):>14.0f}", flush=True)
