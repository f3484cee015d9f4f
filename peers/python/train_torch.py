"""Training updates in PyTorch, AdamW: python train_torch.py DATA UPDATES THREADS f32|bf16"""
import sys
import time

import torch

import network

torch.set_num_threads(int(sys.argv[3]))
sizes, windows = network.load(sys.argv[1])
windows = network.torch_windows(windows)
net = network.torch_network(sizes)
optimiser = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.01, fused=True)
state = tuple(torch.zeros(sizes["layers"], sizes["batch"], sizes["hidden"]) for _ in range(2))
seconds = []
for update in range(int(sys.argv[2])):
    started = time.perf_counter()
    optimiser.zero_grad(set_to_none=True)
    with torch.autocast("cpu", torch.bfloat16, enabled=sys.argv[4] == "bf16"):
        loss, state = net(windows[update % len(windows)], state)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    optimiser.step()
    state = tuple(part.detach() for part in state)
    seconds.append(time.perf_counter() - started)
network.say(seconds, version=torch.__version__)
