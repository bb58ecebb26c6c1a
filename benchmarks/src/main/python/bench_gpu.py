"""Jarl against PyTorch on one GPU, in turns: scripts/bench-gpu starts it.

Needs Python 3.9 with PyTorch 2 and numpy, and the folder that `scripts/bench-gpu carry` makes. Both
sides begin from the same weights and the same batch; before anything is timed their losses are
compared. Prints one table, and what it is at to stderr. What fails is said in a line and left out.
"""

import argparse
import contextlib
import gc
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

UPDATES = [
    # network, batch, and how many times as fast as eager, CUDA graphs, torch.compile we want to be
    ("cnn", 32, (15, 2, 1.5)),
    ("cnn", 256, (8, 1.5, 1.2)),
    ("cnn", 1024, (2.5, 1.0, 0.9)),
    ("mlp-64", 64, (None, None, None)),
    ("mlp-256", 256, (40, 4, 3)),
]
ACTS = [("cnn", 1, (None, None)), ("cnn", 64, (5, 1.5)), ("cnn", 1024, (None, None))]
COMPILED = {("cnn", 32), ("cnn", 256), ("cnn", 1024), ("mlp-256", 256)}
PEERS = ["eager", "graphs", "compile"]
# Names of figures, their heads and widths. A host's time is that of its processors.
OF_UPDATE = [
    ("jarl", "Jarl", 10),
    ("host", "host", 8),
    ("sent", "sent", 10),
    ("eager", "PyTorch eager", 29),
    ("eager host", "host", 9),
    ("graphs", "CUDA graphs", 29),
    ("compile", "torch.compile", 29),
]
OF_ACT = [OF_UPDATE[0], OF_UPDATE[3], OF_UPDATE[5]]
# Of the first loss and of later ones, relative. A wrong order of flatten changes the first by 3e-3.
TOLERANCES = {"fp32": (1e-4, 1e-4), "tf32": (1e-3, 5e-3), "bf16": (2e-3, 1e-2)}
ROUNDS = 3
LEARNING_RATE = 1e-4
EPSILON = 1e-5
# Seconds. A timing lasts a turn at most, after its warm-up, in which clocks come up again.
WARM, TURN = 0.2, 1.0
# Seconds from the start after which nothing is compiled, and no row is begun.
LAST_COMPILE, LAST_ROW = 420, 540
BEGIN = time.perf_counter()


def progress(text):
    print(f"[{time.perf_counter() - BEGIN:4.0f} s] {text}", file=sys.stderr, flush=True)


def late(seconds):
    return time.perf_counter() - BEGIN > seconds


def line_of(error):
    words = " ".join(str(error).split()[:40])
    return f"{type(error).__name__}: {words[:240]}"


class Failed(Exception):
    """Something took too long, or Jarl's process ended."""


@contextlib.contextmanager
def at_most(seconds):
    def ring(number, frame):
        raise Failed(f"took more than {seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


class Jarl:
    """The other process, told line by line; after a failure a new one."""

    def __init__(self, command, precision):
        self.command = command
        self.precision = precision
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.tell(f"open {self.precision}")

    def tell(self, line):
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except OSError:
            pass  # it has ended, which its answer tells

    def answer(self, line, seconds=120):
        watch = threading.Timer(seconds, self.process.kill)
        watch.start()
        try:
            answer = self.process.stdout.readline()
        except BaseException:
            # An answer that nobody waited for would be taken for that of the next line.
            self.process.kill()
            self.process.wait()
            raise
        finally:
            watch.cancel()
        if not answer:
            code = self.process.wait()
            raise Failed(f"Jarl's process ended on \"{line}\", exit code {code}")
        return answer.strip()

    def ask(self, line):
        if self.process.poll() is not None:
            self.start()
            self.answer("open", 180)
        self.tell(line)
        return self.answer(line)

    def numbers(self, line):
        return [float(word) for word in self.ask(line).split()]

    def close(self):
        self.tell("quit")
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()


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
    """One DQN update in PyTorch, on inputs that lie on the device.

    `eager`, `graphed` and `compiled` each give a function that makes one update and returns its
    loss; an object serves one of them. The functions hold the object: a CUDA graph alone would not
    keep the memory that it works on.
    """

    def __init__(self, torch, np, network, batch, folder, precision):
        self.torch = torch
        self.network = network
        self.bf16 = precision == "bf16"
        self.made = 0
        self.online = self.module(np, os.path.join(folder, "online"))
        self.target = self.module(np, os.path.join(folder, "target"))
        self.target.requires_grad_(False)
        shape = {"cnn": (batch, 4, 84, 84), "mlp-64": (batch, 8), "mlp-256": (batch, 64)}[network]

        def read(name, dtype, sizes):
            array = np.fromfile(os.path.join(folder, name + ".bin"), dtype=dtype).reshape(sizes)
            return torch.from_numpy(array).cuda()

        dtype = np.uint8 if network == "cnn" else np.float32
        self.observations = read("observations", dtype, shape)
        self.next = read("next", dtype, shape)
        self.actions = read("actions", np.int32, (batch,)).long().unsqueeze(1)
        self.rewards = read("rewards", np.float32, (batch,))
        self.discounts = read("discounts", np.float32, (batch,))

    def module(self, np, base):
        torch = self.torch
        module = torch_layers(torch, self.network, read_parameters(np, base)).cuda()
        return module if self.network != "cnn" else module.to(memory_format=torch.channels_last)

    def adam(self, **how):
        parameters = self.online.parameters()
        return self.torch.optim.Adam(parameters, lr=LEARNING_RATE, eps=EPSILON, **how)

    def seen(self, x):
        if self.network != "cnn":
            return x
        torch = self.torch
        return x.to(torch.float32, memory_format=torch.channels_last).mul_(1 / 255)

    def loss(self):
        torch = self.torch
        with torch.autocast("cuda", dtype=torch.bfloat16, enabled=self.bf16):
            with torch.no_grad():
                following = self.target(self.seen(self.next)).float().max(1).values
                y = self.rewards + self.discounts * following
            q = self.online(self.seen(self.observations)).float().gather(1, self.actions)
            return torch.nn.functional.huber_loss(q.squeeze(1), y)

    def eager(self):
        optimizer = self.adam(fused=True)

        def step():
            self.made += 1
            return self.learn(optimizer)

        return step

    def learn(self, optimizer):
        loss = self.loss()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss.detach()

    def graphed(self):
        """The same step, captured; what it computes before is three updates."""
        optimizer = self.adam(fused=True, capturable=True)
        self.made += 3
        # Before its capture there are no gradients, so they will lie in the graph's memory.
        forget = lambda: optimizer.zero_grad(set_to_none=True)
        graph, loss = captured(self.torch, lambda: self.learn(optimizer), forget)

        def step():
            self.made += 1
            graph.replay()
            return loss

        step.holds = self, optimizer
        return step

    def compiled(self):
        """The same step through torch.compile; it takes about a minute."""
        torch = self.torch
        # Without this the second network that is compiled would be one for any size.
        torch.compiler.reset()
        # Or every step would copy its inputs to where the graph reads them.
        for tensor in (self.observations, self.next, self.actions, self.rewards, self.discounts):
            torch._dynamo.mark_static_address(tensor)
        loss_of = torch.compile(self.loss, mode="reduce-overhead", dynamic=False)
        optimizer = self.adam(foreach=True, capturable=True)
        optimize = torch.compile(optimizer.step, dynamic=False)

        def step():
            torch.compiler.cudagraph_mark_step_begin()
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of()
            loss.backward()
            optimize()
            self.made += 1
            return loss.detach()

        try:
            step()
        except Exception as error:
            # Its gradients are there, unless the loss is what failed.
            if self.made or next(self.online.parameters()).grad is None:
                raise
            print(f"# the optimizer is not compiled, but fused: {line_of(error)}")
            optimizer = self.adam(fused=True, capturable=True)
            optimize = optimizer.step
        for _ in range(5):
            step()
        skips = torch._dynamo.utils.counters["inductor"]["cudagraph_skips"]
        if skips:
            print(f"# torch.compile left {skips} CUDA graphs out")
        return step


def captured(torch, work, prepare=lambda: None):
    """A CUDA graph of the work, and what it gives; the work is done three times before."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            work()
    torch.cuda.current_stream().wait_stream(side)
    torch.cuda.synchronize()
    prepare()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=side):
        found = work()
    return graph, found


def microseconds(torch, step, count):
    """Of one step, over so many or a turn, and of the host's processors, all threads."""
    warm, chunk = time.perf_counter() + WARM, 1
    while time.perf_counter() < warm:
        before = time.perf_counter()
        for _ in range(chunk):
            step()
        torch.cuda.synchronize()
        each = (time.perf_counter() - before) / chunk
        chunk = min(50, 2 * chunk)
    count = max(1, min(count, int(TURN / each)))
    begin, processor = time.perf_counter(), time.process_time()
    for _ in range(count):
        step()
    processor = time.process_time() - processor
    torch.cuda.synchronize()
    return (time.perf_counter() - begin) * 1e6 / count, processor * 1e6 / count


def check(name, ours, theirs, precision):
    first, later = TOLERANCES[precision]
    far = {made: abs(ours[made - 1] - b) / (abs(b) + 1e-3) for made, b in theirs.items()}
    good = all(one <= (first if made == 1 else later) for made, one in far.items())  # no NaN
    word = "equal" if good else "DIFFERENT"
    last = f"loss {ours[-1]:.6f} and {theirs[len(ours)]:.6f}"
    begin = f"first {far[1]:.1e}, allowed {first:.0e}, " if 1 in far else ""
    print(f"# {name}: {word}, {last}, {begin}worst {max(far.values()):.1e}, allowed {later:.0e}")
    return good


def ratio(other, ours, goal):
    text = "-" if other is None else f"{other:.1f}"
    if other is not None and ours is not None:
        text += f" {other / ours:6.2f}x"
        if goal is not None:
            text += f" >= {goal:g} {'ok' if other / ours >= goal else 'MISS'}"
    return text.rjust(29)


def row(name, middle, columns, goals):
    """One line of the table: times by name, of peers as a multiple of ours too."""
    text = f"{name:<12}"
    for key, _, width in columns:
        value = middle.get(key)
        if key in PEERS:
            text += ratio(value, middle.get("jarl"), goals[PEERS.index(key)])
        else:
            text += f"{'-':>{width}}" if value is None else f"{value:{width}.1f}"
    print(text)


def in_turns(turns):
    """Medians of rounds; every other round goes backwards. What fails is left out from then on."""
    times = {}
    for number in range(ROUNDS):
        for key in list(turns) if number % 2 == 0 else list(reversed(list(turns))):
            try:
                with at_most(60):
                    found = turns[key]()
            except Exception as error:
                print(f"# {key} failed: {line_of(error)}")
                del turns[key]
                times = {k: v for k, v in times.items() if k[0] != key}
                continue
            for index, value in enumerate(found):
                times.setdefault((key, index), []).append(value)
    return {key: statistics.median(values) for key, values in times.items()}


def peers_of(torch, np, network, batch, options, folder, losses):
    """Those that could be made, by name, and whether all of them compute our losses."""
    name = f"{network} {batch}"
    ways = {"eager": (Peer.eager, 60)}
    if (network, batch) in COMPILED and not options.no_compile:
        if late(LAST_COMPILE):
            print(f"# {name}: torch.compile is left out, it is late")
        else:
            ways["compile"] = (Peer.compiled, 120)
    # The last: torch.compile frees the workspaces of cuBLAS, which a graph goes on to use.
    ways["graphs"] = (Peer.graphed, 60)
    steps, good = {}, True
    for key, (way, seconds) in ways.items():
        progress(f"{name}: {key}")
        try:
            with at_most(seconds):
                peer = Peer(torch, np, network, batch, folder, options.precision)
                step = way(peer)
                theirs = {}
                while peer.made < len(losses):
                    loss = float(step())
                    theirs[peer.made] = loss
            steps[key] = step
        except Exception as error:
            print(f"# {name}: {key} failed: {line_of(error)}")
            continue
        if theirs:
            good &= check(f"{name}, {key}", losses, theirs, options.precision)
    return steps, good


def clean(torch):
    """Gives the memory of the peers before back."""
    if torch is not None:
        gc.collect()
        torch.compiler.reset()
        gc.collect()
        torch.cuda.empty_cache()


def update(jarl, torch, np, network, batch, goals, options, folder):
    name = f"{network} {batch}"
    jarl.ask(f"update {network} {batch} {folder}")
    losses = jarl.numbers(f"losses {options.losses}")
    turns = {
        "jarl": lambda: jarl.numbers(f"time {options.count}"),
        "sent": lambda: jarl.numbers(f"send {options.count}"),
    }
    steps, good = {}, True
    if torch is None:
        print(f"# {name}: losses {losses[0]:.5f} to {losses[-1]:.5f}")
    else:
        steps, good = peers_of(torch, np, network, batch, options, folder, losses)
    for key, step in steps.items():
        turns[key] = lambda step=step: microseconds(torch, step, options.count)
    progress(f"{name}: in turns")
    times = in_turns(turns)
    middle = {key: value for (key, index), value in times.items() if index == 0}
    middle["host"] = times.get(("jarl", 1))
    middle["eager host"] = times.get(("eager", 1))
    row(name, middle, OF_UPDATE, goals)
    return good and "jarl" in turns and "sent" in turns


def actors(torch, np, copies, options, folder):
    """Eager and captured, from observations on the host to actions on the host."""
    peer = Peer(torch, np, "cnn", 32, folder, options.precision)
    host = torch.zeros((copies, 4, 84, 84), dtype=torch.uint8).random_(0, 255).pin_memory()
    device = host.cuda()
    actions = torch.zeros(copies, dtype=torch.long).pin_memory()

    def forward():
        with torch.no_grad(), torch.autocast("cuda", dtype=torch.bfloat16, enabled=peer.bf16):
            return peer.online(peer.seen(device)).argmax(1)

    def eager():
        device.copy_(host, non_blocking=True)
        actions.copy_(forward(), non_blocking=True)
        torch.cuda.synchronize()

    graph, found = captured(torch, forward)

    def graphed():
        device.copy_(host, non_blocking=True)
        graph.replay()
        actions.copy_(found, non_blocking=True)
        torch.cuda.synchronize()

    graphed.holds = peer
    return {"eager": eager, "graphs": graphed}


def act(jarl, torch, np, network, copies, goals, options, folder):
    name = f"act-{network} {copies}"
    if torch is not None:
        jarl.ask(f"update cnn 32 {folder}")  # for its weights
    jarl.ask(f"act {network} {copies}")
    turns, steps = {"jarl": lambda: jarl.numbers(f"acts {options.count}")}, {}
    if torch is not None:
        try:
            with at_most(60):
                steps = actors(torch, np, copies, options, folder)
        except Exception as error:
            print(f"# {name}: PyTorch failed: {line_of(error)}")
    for key, step in steps.items():
        turns[key] = lambda step=step: microseconds(torch, step, options.count)
    times = in_turns(turns)
    middle = {key: value for (key, index), value in times.items() if index == 0}
    row(name, middle, OF_ACT, goals)
    return "jarl" in turns


def chosen(name, only):
    """Whether `cnn-32` or the like is among the words of --only, each a name or its beginning."""
    return not only or any(name == word or name.startswith(word + "-") for word in only)


def rows(jarl, torch, np, options, folder):
    """All of the table; true if everything agreed and nothing of ours failed."""
    good = True
    for kind, columns, cases in ((update, OF_UPDATE, UPDATES), (act, OF_ACT, ACTS)):
        begin = "act-" if kind is act else ""
        cases = [case for case in cases if chosen(f"{begin}{case[0]}-{case[1]}", options.only)]
        if cases:
            heads = "".join(f"{head:>{width}}" for _, head, width in columns)
            print(f"\n{kind.__name__ + ', us':<12}" + heads)
        for network, size, goals in cases:
            name = f"{begin}{network} {size}"
            if torch is None and network == "cnn" and size > 32:
                continue
            if late(LAST_ROW):
                print(f"# {name} is left out, it is late")
                continue
            progress(f"{name}: Jarl")
            try:
                good &= kind(jarl, torch, np, network, size, goals, options, folder)
                clean(torch)
            except Exception as error:
                print(f"# {name}: {line_of(error)}")
                good = False
    return good


def options_of():
    names = [f"{n}-{b}" for n, b, _ in UPDATES] + [f"act-{n}-{c}" for n, c, _ in ACTS]
    parser = argparse.ArgumentParser("bench-gpu", "bench-gpu [OPTION...] -- COMMAND...")
    parser.add_argument("--precision", default="tf32", choices=["fp32", "tf32", "bf16"])
    parser.add_argument("--count", type=int, default=400, help="steps of one timing at most")
    parser.add_argument("--losses", type=int, default=20, help="how many are compared")
    parser.add_argument("--only", metavar="NAME,...", default="", help="of " + " ".join(names))
    parser.add_argument("--no-compile", action="store_true", help="leave torch.compile out")
    parser.add_argument("--ours-only", action="store_true", help="a dry run without PyTorch")
    parser.add_argument("jarl", nargs="+", help="command that starts Jarl's side")
    options = parser.parse_args()
    options.only = [word for word in options.only.split(",") if word]
    if options.count < 1 or options.losses < 1:
        parser.error("--count and --losses are numbers from 1")
    for word in options.only:
        if not any(chosen(name, [word]) for name in names):
            parser.error(f"--only: no case begins with {word}; there are {' '.join(names)}")
    return options


def torch_of(options):
    import torch

    if not torch.cuda.is_available():
        sys.exit("bench-gpu: this PyTorch sees no GPU")
    # The older of two ways to say it, which compilers of all versions 2.x understand.
    fast = options.precision != "fp32"
    torch.backends.cuda.matmul.allow_tf32 = fast
    torch.backends.cudnn.allow_tf32 = fast
    torch.backends.cudnn.benchmark = True
    print(f"# PyTorch {torch.__version__}, {torch.cuda.get_device_name()}")
    return torch


def main():
    options = options_of()
    sys.stdout.reconfigure(line_buffering=True)  # what was found stays if this is ended
    torch = np = jarl = None
    try:
        jarl = Jarl(options.jarl, options.precision)  # it opens the GPU while PyTorch is read
        if not options.ours_only:
            progress("PyTorch")
            import numpy as np

            torch = torch_of(options)
        progress("Jarl")
        print(f"# {time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC")
        print("# Jarl: " + jarl.answer("open", 180))
        with tempfile.TemporaryDirectory() as folder:
            good = rows(jarl, torch, np, options, folder)
    except (Failed, ImportError, OSError) as error:
        sys.exit(f"bench-gpu: {line_of(error)}")
    finally:
        if jarl is not None:
            jarl.close()
        progress("ended")
    if not good:
        sys.exit("bench-gpu: losses differ, or a part of Jarl's side failed: see # above")


if __name__ == "__main__":
    main()
