"""Jarl against PyTorch on one GPU, in turns: scripts/bench-gpu starts it.

Needs Python 3.9 with PyTorch 2 and numpy, and the folder that `scripts/bench-gpu carry` makes. Both
sides begin from the same weights and the same batch; before anything is timed their losses are
compared. Prints one table.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

UPDATES = [
    # network, batch, and how many times as fast as eager, CUDA graphs, torch.compile we want to be
    ("cnn", 32, (15, 2, 1.5)),
    ("cnn", 256, (8, 1.5, 1.2)),
    ("cnn", 1024, (2.5, 1.0, 0.9)),
    ("mlp-64", 64, None),
    ("mlp-256", 256, (40, 4, 3)),
]
ACTS = [("cnn", 1), ("cnn", 64), ("cnn", 1024)]
COMPILED = {("cnn", 32), ("cnn", 256), ("cnn", 1024), ("mlp-256", 256)}
ROUNDS = 3
LEARNING_RATE = 1e-4
EPSILON = 1e-5


class Jarl:
    """The other process, told line by line."""

    def __init__(self, command):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit("bench-gpu: Jarl's process ended on: " + line)
        return answer.strip()

    def numbers(self, line):
        return [float(word) for word in self.ask(line).split()]

    def close(self):
        self.process.stdin.write("quit\n")
        self.process.stdin.flush()
        self.process.wait(timeout=60)


def read_parameters(np, base):
    """Arrays in the order of their making, by name, in Jarl's layout."""
    values = np.fromfile(base + ".bin", dtype=np.float32)
    arrays, at = {}, 0
    for line in open(base + ".txt"):
        name, *sizes = line.split()
        sizes = [int(size) for size in sizes]
        count = int(np.prod(sizes))
        arrays[name] = values[at : at + count].reshape(sizes)
        at += count
    assert at == len(values), "the file of weights is not what its list says"
    return arrays


def torch_layers(torch, network, arrays):
    """The same network as a torch module: kernels become [O, C, H, W], dense weights [out, in]."""
    nn = torch.nn
    layers = []
    names = []
    for name in arrays:
        base = name.rsplit(".", 1)[0]
        if base not in names:
            names.append(base)
    for index, base in enumerate(names):
        weight, bias = arrays[base + ".weight"], arrays[base + ".bias"]
        if weight.ndim == 4:
            size, _, channels, outputs = weight.shape
            stride = {8: 4, 4: 2, 3: 1}[size]
            layer = nn.Conv2d(channels, outputs, size, stride)
            value = torch.from_numpy(weight.copy()).permute(3, 2, 0, 1)
        else:
            if network == "cnn" and base == "hidden":
                # Jarl flattens [H, W, C], torch [C, H, W].
                weight = weight.reshape(7, 7, 64, -1).transpose(2, 0, 1, 3).reshape(3136, -1)
                layers.append(nn.Flatten())
            layer = nn.Linear(weight.shape[0], weight.shape[1])
            value = torch.from_numpy(weight.copy()).t()
        with torch.no_grad():
            layer.weight.copy_(value)
            layer.bias.copy_(torch.from_numpy(bias.copy()))
        layers.append(layer)
        if index + 1 < len(names):
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)


class Peer:
    """One DQN update in PyTorch, on inputs that lie on the device."""

    def __init__(self, torch, np, network, batch, folder, precision):
        self.torch = torch
        self.network = network
        self.precision = precision
        self.online = self.module(np, os.path.join(folder, "online"))
        self.target = self.module(np, os.path.join(folder, "target"))
        image = network == "cnn"
        shape = {"cnn": (batch, 4, 84, 84), "mlp-64": (batch, 8), "mlp-256": (batch, 64)}[network]

        def read(name, dtype, sizes):
            array = np.fromfile(os.path.join(folder, name + ".bin"), dtype=dtype).reshape(sizes)
            return torch.from_numpy(array).cuda()

        dtype = np.uint8 if image else np.float32
        self.observations = read("observations", dtype, shape)
        self.next = read("next", dtype, shape)
        self.actions = read("actions", np.int32, (batch,)).long().unsqueeze(1)
        self.rewards = read("rewards", np.float32, (batch,))
        self.discounts = read("discounts", np.float32, (batch,))
        self.optimizer = torch.optim.Adam(
            self.online.parameters(), lr=LEARNING_RATE, eps=EPSILON, fused=True, capturable=True
        )

    def module(self, np, base):
        module = torch_layers(self.torch, self.network, read_parameters(np, base)).cuda()
        return module.to(memory_format=self.torch.channels_last) if self.network == "cnn" else module

    def seen(self, x):
        if self.network != "cnn":
            return x
        return x.to(self.torch.float32).mul(1 / 255).contiguous(
            memory_format=self.torch.channels_last
        )

    def loss(self):
        torch = self.torch
        with torch.autocast("cuda", dtype=torch.bfloat16, enabled=self.precision == "bf16"):
            with torch.no_grad():
                following = self.target(self.seen(self.next)).float().max(1).values
                y = self.rewards + self.discounts * following
            q = self.online(self.seen(self.observations)).float().gather(1, self.actions)
            return torch.nn.functional.huber_loss(q.squeeze(1), y)

    def step(self):
        loss = self.loss()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return loss

    def graphed(self):
        """The same step, captured."""
        torch = self.torch
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                self.step()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        self.optimizer.zero_grad(set_to_none=True)
        with torch.cuda.graph(graph):
            self.step()
        return graph.replay

    def compiled(self):
        """The same step through torch.compile; it takes about a minute."""
        torch = self.torch
        loss = torch.compile(self.loss, mode="reduce-overhead")
        optimize = torch.compile(self.optimizer.step)

        def step():
            torch.compiler.cudagraph_mark_step_begin()
            self.optimizer.zero_grad(set_to_none=True)
            loss().backward()
            optimize()

        for _ in range(5):
            step()
        return step


def microseconds(torch, step, count):
    """Of one step, over so many, and of the host's processor."""
    for _ in range(20):
        step()
    torch.cuda.synchronize()
    begin, processor = time.perf_counter(), time.thread_time()
    for _ in range(count):
        step()
    processor = time.thread_time() - processor
    torch.cuda.synchronize()
    return (time.perf_counter() - begin) * 1e6 / count, processor * 1e6 / count


def check(name, ours, theirs, tolerance):
    worst = max(abs(a - b) / (abs(b) + 1e-3) for a, b in zip(ours, theirs))
    word = "equal" if worst <= tolerance else "DIFFERENT"
    print(f"# {name}: {len(ours)} losses, {word}: worst {worst:.1e}, allowed {tolerance:.0e}")
    return worst <= tolerance


def ratio(other, ours, goal):
    if other is None:
        return f"{'-':>20}"
    met = "" if goal is None else (" ok" if other / ours >= goal else " MISS")
    wanted = "" if goal is None else f" >= {goal:g}"
    return f"{other:9.1f} {other / ours:6.2f}x{wanted}{met}".rjust(20)


def updates(jarl, torch, np, options, folder):
    tolerance = {"fp32": 1e-4, "tf32": 5e-3, "bf16": 3e-2}[options.precision]
    print(f"\n{'update, us':<16}{'Jarl':>9}{'host':>7}{'sent':>9}  eager, CUDA graphs, torch.compile")
    good = True
    for network, batch, goals in UPDATES:
        name = f"{network} {batch}"
        if torch is None and network == "cnn" and batch > 32:
            continue
        jarl.ask(f"update {network} {batch} {folder}")
        count = options.count if batch < 1024 else max(50, options.count // 4)
        if torch is None:
            losses = jarl.numbers("losses 3")
            ours, host = jarl.numbers(f"time {count}")
            sent = jarl.numbers(f"send {count}")[0]
            print(
                f"{name:<16}{ours:9.1f}{host:7.1f}{sent:9.1f}"
                f"  losses {losses[0]:.5f} to {losses[-1]:.5f}"
            )
            continue
        reference = Peer(torch, np, network, batch, folder, options.precision)
        theirs = [float(reference.step()) for _ in range(20)]
        good &= check(name, jarl.numbers("losses 20"), theirs, tolerance)
        peers = {"eager": Peer(torch, np, network, batch, folder, options.precision).step}
        peers["graphs"] = Peer(torch, np, network, batch, folder, options.precision).graphed()
        if (network, batch) in COMPILED and not options.no_compile:
            try:
                peers["compile"] = Peer(
                    torch, np, network, batch, folder, options.precision
                ).compiled()
            except Exception as error:  # the compiler of this PyTorch cannot do it: say so, go on
                print(f"# {name}: torch.compile failed: {str(error).splitlines()[0]}")
        times = {key: [] for key in ["jarl", "host", "sent", *peers]}
        for _ in range(ROUNDS):
            ours, host = jarl.numbers(f"time {count}")
            times["jarl"].append(ours)
            times["host"].append(host)
            times["sent"].append(jarl.numbers(f"send {count}")[0])
            for key, step in peers.items():
                times[key].append(microseconds(torch, step, count)[0])
        middle = {key: statistics.median(value) for key, value in times.items()}
        goals = goals or (None, None, None)
        ratios = [
            ratio(middle.get(key), middle["jarl"], goal)
            for key, goal in zip(["eager", "graphs", "compile"], goals)
        ]
        print(
            f"{name:<16}{middle['jarl']:9.1f}{middle['host']:7.1f}{middle['sent']:9.1f}"
            + "  "
            + "  ".join(ratios)
        )
    return good


def acting(jarl, torch, np, options, folder):
    print(f"\n{'act, us':<16}{'Jarl':>9}  eager, CUDA graphs; observations and actions on the host")
    jarl.ask(f"update cnn 32 {folder}")
    for network, copies in ACTS:
        if torch is None and copies > 1:
            continue
        jarl.ask(f"act {network} {copies}")
        count = max(20, options.count // 2 if copies < 1024 else options.count // 10)
        if torch is None:
            count = options.count
            print(f"{network + ' ' + str(copies):<16}{jarl.numbers(f'acts {count}')[0]:9.1f}")
            continue
        peer = Peer(torch, np, "cnn", 32, folder, options.precision)
        host = torch.zeros((copies, 4, 84, 84), dtype=torch.uint8).random_(0, 255).pin_memory()
        device = host.cuda()
        actions = torch.zeros(copies, dtype=torch.long).pin_memory()

        @torch.no_grad()
        def forward():
            with torch.autocast(
                "cuda", dtype=torch.bfloat16, enabled=options.precision == "bf16"
            ):
                return peer.online(peer.seen(device)).argmax(1)

        def eager():
            device.copy_(host, non_blocking=True)
            actions.copy_(forward(), non_blocking=True)
            torch.cuda.synchronize()

        for _ in range(5):
            eager()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            found = forward()

        def graphed():
            device.copy_(host, non_blocking=True)
            graph.replay()
            actions.copy_(found, non_blocking=True)
            torch.cuda.synchronize()

        times = {"jarl": [], "eager": [], "graphs": []}
        for _ in range(ROUNDS):
            times["jarl"].append(jarl.numbers(f"acts {count}")[0])
            times["eager"].append(microseconds(torch, eager, count)[0])
            times["graphs"].append(microseconds(torch, graphed, count)[0])
        middle = {key: statistics.median(value) for key, value in times.items()}
        goals = (5, 1.5) if copies == 64 else (None, None)
        print(
            f"{network + ' ' + str(copies):<16}{middle['jarl']:9.1f}  "
            + "  ".join(
                ratio(middle[key], middle["jarl"], goal)
                for key, goal in zip(["eager", "graphs"], goals)
            )
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--precision", default="tf32", choices=["fp32", "tf32", "bf16"])
    parser.add_argument("--count", type=int, default=400, help="updates of one timing")
    parser.add_argument("--no-compile", action="store_true", help="leave torch.compile out")
    parser.add_argument("--ours-only", action="store_true", help="a dry run: small, without PyTorch")
    parser.add_argument("jarl", nargs="+", help="command that starts Jarl's side")
    options = parser.parse_args()
    torch = np = None
    if not options.ours_only:
        import numpy as np
        import torch

        fast = options.precision != "fp32"
        torch.backends.cuda.matmul.allow_tf32 = fast
        torch.backends.cudnn.allow_tf32 = fast
        torch.backends.cudnn.benchmark = True
        print(f"# PyTorch {torch.__version__}, {torch.cuda.get_device_name()}")
    jarl = Jarl(options.jarl)
    print(f"# {time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC")
    print("# Jarl: " + jarl.ask(f"open {options.precision}"))
    with tempfile.TemporaryDirectory() as folder:
        good = updates(jarl, torch, np, options, folder)
        acting(jarl, torch, np, options, folder)
    jarl.close()
    if not good:
        sys.exit("bench-gpu: losses differ; the times above compare different things")


if __name__ == "__main__":
    main()
