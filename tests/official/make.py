"""Makes the files of this folder: what the benchmarks' own code would save, of two made-up architectures.

    python make.py new     # PyTorch 1.6 to 2.x with NumPy 1.x: all files but those below
    python make.py old     # PyTorch 1.4 (Python 3.8): its older serialisation, as NAS-Bench-201 v1.0 was written with

The nesting, keys and types are those of `ResultsCount.state_dict()` and `ArchResults.state_dict()` of NAS-Bench-201's and
NATS-Bench's APIs, of HW-NAS-Bench's and TransNAS-Bench-101's readers, and of NAS-Bench-Graph's description.
"""

import bz2
import collections
import pickle
import sys

import numpy as np
import torch

ARCHS = [
    "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|",
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|",
]


def value(arch, seed, epoch):
    return 10.0 * arch + epoch + seed / 1000


def weights():
    return collections.OrderedDict(
        [
            ("stem.0.weight", torch.zeros(2, 3)),
            ("stem.1.num_batches_tracked", torch.tensor(5)),
            ("classifier.bias", torch.nn.Parameter(torch.ones(2))),
        ]
    )


def training(data_set, arch, seed, epochs, newer, net=None):
    """One trial. The older trainings keep no times, and evaluate most splits at the end only; they have a list of
    latencies. Where a loss diverged, it is no number."""
    range_ = range(epochs)
    times = {e: 2.5 for e in range_} if newer else None
    last = epochs - 1
    every = {"cifar10-valid": ["x-valid"], "cifar10": ["ori-test"]}.get(data_set, ["ori-test"])
    at_end = {"cifar10-valid": ["ori-test"], "cifar10": []}.get(data_set, ["x-valid", "x-test"])
    if newer:
        every, at_end = every + at_end, []
    keys = [(s, e) for s in every for e in range_] + [(s, last) for s in at_end]
    at = {"x-valid": 0, "x-test": 1, "ori-test": 2}
    return {
        "name": data_set,
        "net_state_dict": net,
        "train_acc1es": {e: value(arch, seed, e) + 3 for e in range_},
        "train_acc5es": {e: 99.0 for e in range_} if newer else None,
        "train_losses": {e: float("nan") if e == last else 2.0 / (e + 1) for e in range_},
        "train_times": times,
        "arch_config": {"channel": 16, "num_cells": 5, "arch_str": ARCHS[arch], "class_num": 10},
        "params": 0.25,
        "flop": 12.5,
        "seed": str(seed),
        "epochs": epochs,
        "latency": None if newer else [0.01, 0.03],
        "eval_names": every + at_end,
        "eval_acc1es": {"%s@%d" % (s, e): value(arch, seed, e) + at[s] for s, e in keys},
        "eval_times": {"%s@%d" % k: 0.5 for k in keys} if newer else {},
        "eval_losses": {"%s@%d" % k: 1.5 for k in keys},
    }


def results(arch, epochs, seeds, data_sets, newer, net=None):
    trials = [(d, s) for s in seeds for d in data_sets]
    return {
        "arch_index": arch,
        "arch_str": ARCHS[arch],
        "all_results": {(d, s): training(d, arch, s, epochs, newer, net) for d, s in trials},
        "dataset_seed": {d: list(seeds) for d in data_sets},
        "clear_net_done": net is None,
    }


def nas_bench_201(net=None):
    """The second architecture was trained with another seed, by the newer code."""
    infos = {}
    for arch, (seeds, newer) in enumerate([([777, 888], False), ([999], True)]):
        full = results(arch, 3, seeds, ["cifar10-valid", "cifar100"], newer, net)
        less = results(arch, 2, [777], ["cifar10-valid"], True, net)
        infos[arch] = {"full": full, "less": less}
    return infos


def whole(infos):
    return {"meta_archs": ARCHS, "total_archs": 2, "arch2infos": infos, "evaluated_indexes": sorted(infos)}


def hw_nas_bench():
    measured = {
        "edgegpu_latency": [5.5, 6.5],
        "edgegpu_energy": [np.float64(24.25), np.float64(25.25)],
        "fpga_latency": np.array([0.5, 0.75], dtype=np.float32),
        "eyeriss_arithmetic_intensity": [7, 8],
        "config": [{"name": "infer.tiny", "C": 16, "N": 5, "arch_str": a, "num_classes": 100} for a in ARCHS],
    }
    operations = {"Skip_H32_W32_Cin16_Cout16_stride1": 0, "ConvNorm_H32_W32_Cin3_Cout16": np.float64(0.5)}
    return {"nasbench201": {"cifar100": measured}, "fbnet": {"edgegpu_latency": operations}}


def transnas():
    def task(names, epochs):
        metrics = {"%s_%s" % (s, n): [v + e for e in range(epochs)] for s in ("train", "valid", "test") for n, v in names}
        metrics["time_elapsed"] = [60.0 * (e + 1) for e in range(epochs)]
        info = {"inference_time": np.float64(0.0125), "encoder_params": 2423000, "model_FLOPs": "", "encoder_FLOPs": 1e9}
        return {"total_epochs": epochs, "model_info": info, "metrics": metrics}

    tasks = {
        "class_scene": task([("top1", 40.0), ("top5", 70.0), ("loss", 2.0)], 2),
        "room_layout": task([("loss", 0.5), ("neg_loss", -5.0)], 2),
        "autoencoder": task([("ssim", -0.125), ("l1_loss", 0.25), ("loss", 0.5)], 1),
    }
    return {
        "data": {"macro": {"64-1234-basic": tasks}, "micro": {"64-41414-1_02_333": tasks}},
        "metrics_dict": {},
        "info_names": ["inference_time", "encoder_params"],
        "task_list": list(tasks),
    }


def graph(seed):
    epochs = [[0.5, 0.25 + seed / 8, 0.125, 1.5, float("nan") if e else 1.75, 2.0, 0.25] for e in range(2)]
    return {0: {"dur": epochs, "latency": np.float64(0.005), "para": 1.75, "valid_perf": 0.25, "perf": 0.125}}


def save(name, what, protocol, packed=False):
    with (bz2.BZ2File if packed else open)(name, "wb") as file:
        pickle.dump(what, file, protocol=protocol)


if sys.argv[1:] == ["old"]:
    torch.save(whole(nas_bench_201()), "NAS-Bench-201-v1_0-legacy.pth")
    torch.save(nas_bench_201(weights())[0], "000000-FULL.pth")
else:
    torch.save(whole(nas_bench_201()), "NAS-Bench-201-v1_1-zip.pth")
    torch.save(nas_bench_201(weights())[1], "000001-FULL.pth")
    torch.save(transnas(), "transnas-bench.pth")
    hps = {hp: results(0, int(hp) // 6, [777], ["cifar10-valid"], True, weights()) for hp in ("12",)}
    save("000000.pickle.pbz2", collections.OrderedDict(hps), 4, packed=True)
    for protocol in range(6):
        save("HW-NAS-Bench-%d.pickle" % protocol, hw_nas_bench(), protocol)
        save("cora%d.bench" % protocol, graph(protocol), protocol)
