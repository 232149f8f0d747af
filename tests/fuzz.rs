//! Mutated files through every reader: no panic, no runaway allocation. The short version runs with the tests; all of
//! it, with an address-space limit that a runaway allocation would hit:
//!
//!     (ulimit -v 4000000; ARCHBENCH_FUZZ_INPUTS=10000000 cargo test --release --test fuzz -- --ignored --nocapture)
//!
//! `ARCHBENCH_FUZZ_READERS=Plain,suite-zero` draws only inputs of readers with such names. It prints how many inputs went through which reader, how many were refused, and the peak of resident memory. With
//! `ARCHBENCH_REAL_DATA` set, published files are mutated too.

#[path = "support/formats.rs"]
mod formats;
#[path = "support/pickle.rs"]
mod pickle;
#[path = "support/plain_files.rs"]
mod plain_files;

use archbench::import::pickle::{load, load_sequence};
use archbench::import::{Files, read_files};
use archbench::rng::{StreamRng, derive_rng};
use polars::prelude::ParquetCompression;
use rand::RngExt;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Mutex;

/// What reads an input.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Reader {
    Pickle,
    /// A record's payload, framed with right checksums after the mutation.
    Record,
    /// A whole file of this importer under this name.
    Importer(&'static str, &'static str),
    /// The trainings of a plain table under this name, beside a card.
    Plain(&'static str),
    /// An archive, mutated as bytes on disk and read whole.
    Archive(&'static str),
}

struct Seed {
    reader: Reader,
    bytes: Vec<u8>,
    /// How often it is drawn.
    weight: u32,
}

/// CRC-32C by bits, masked, as TensorFlow frames records.
fn masked_crc(bytes: &[u8]) -> [u8; 4] {
    let mut crc = !0u32;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ 0x82f6_3b78
            } else {
                crc >> 1
            };
        }
    }
    (!crc)
        .rotate_right(15)
        .wrapping_add(0xa282_ead8)
        .to_le_bytes()
}

fn framed(payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u64).to_le_bytes();
    [
        &length[..],
        &masked_crc(&length),
        payload,
        &masked_crc(payload),
    ]
    .concat()
}

const ARCH: &str =
    "|avg_pool_3x3~0|+|none~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|none~2|";
const RECORD: &str = "[\"00005c142e6f48ac74fdcf73e3439874\", 4, \"0111001000010000\", \
    \"input,conv3x3-bn-relu,maxpool3x3,output\", \"CjAJAAAAAAAAAAARAAAAAAAAAAAZmpmZmZmZuT8hmpmZmZmZuT8pmpmZmZmZuT8yAXgKMAkAAAAA\\nAAAQQBEAAAAAAAAjQBkAAAAAAADwPyEAAAAAAADgPykAAAAAAADQPzIBeBCsAhkAAAAAAAAgQA==\\n\"]";

fn made() -> Vec<Seed> {
    let seed = |reader, bytes: &[u8], weight| Seed {
        reader,
        bytes: bytes.to_vec(),
        weight,
    };
    let results = formats::arch_results(0, ARCH, &[("12", 2)]).dumps();
    let monolithic = formats::monolithic(&[ARCH], &[("less", 2)]).dumps();
    let tar_gz = tarred_gz(&[("a.json", b"{\"a\": 1}"), ("b.json", b"[1, 2]")]);
    let proxies = "net,net_str,synflow,jacov\n\"(4, 0, 3, 1, 4, 3)\",x,1.5,-3\n\"(0, 0, 0, 0, 0, 0)\",y,2,nan\n";
    let zc = "{\"cifar10\": {\"(0, 2, 3, 2, 3, 1)\": {\"id\": 1, \"synflow\": {\"score\": 1.5, \"time\": 0.1}, \
              \"val_accuracy\": 86.06}}}";
    let list = "[{\"idx\": \"0\", \"arch\": \"(4, 0, 3, 1, 4, 3)\", \"zen\": {\"score\": 63.3, \"time\": 1.4}, \
                \"val_accuracy\": 84.99}, {\"arch\": \"(0, 0, 0, 0, 0, 0)\", \"zen\": {\"score\": -Infinity}}]";
    let macro_json = "{\"02012100\": {\"test_acc\": [89.5, 88.5, 89.25], \"mean_acc\": 89.1, \"std\": 0.2, \
                      \"params\": 890666, \"flops\": 47327744}}";
    vec![
        seed(Reader::Pickle, &results, 30),
        seed(Reader::Pickle, &formats::transnas().dumps(), 60),
        seed(Reader::Pickle, &formats::graph_full(0).dumps(), 200),
        seed(Reader::Pickle, b"\x80\x04\x95\x20\x00\x00\x00\x00\x00\x00\x00\x8c\x08builtins\x8c\x03set\x93]\x94(K\x01K\x02e\x85R.", 200),
        seed(Reader::Record, RECORD.as_bytes(), 60),
        seed(Reader::Importer("nas-bench-101", "x.tfrecord"), &framed(RECORD.as_bytes()), 60),
        seed(Reader::Importer("nats-bench-topology", "NATS-tss-x/000000.pickle.pbz2"), &formats::bz2(&results), 1),
        seed(Reader::Importer("nas-bench-201", "NAS-Bench-201-x.pth"), &formats::torch_zip(&monolithic, &[]), 2),
        seed(
            Reader::Importer("nas-bench-201", "NAS-Bench-201-y.pth"),
            &formats::torch_legacy(&monolithic),
            5,
        ),
        seed(Reader::Importer("transnas-bench-101", "transnas.pth"), &formats::transnas().dumps(), 15),
        seed(Reader::Importer("nas-bench-graph-full", "cora0.bench"), &formats::graph_full(0).dumps(), 20),
        seed(Reader::Importer("nas-bench-301", "rs/results_1.json"), formats::nas_bench_301(92.5, 8).as_bytes(), 15),
        seed(Reader::Importer("lcbench", "data_2k.json"), formats::lcbench().as_bytes(), 40),
        seed(Reader::Importer("nas-bench-suite-zero", "zc_nasbench201.json"), zc.as_bytes(), 40),
        seed(
            Reader::Importer("nas-bench-suite-zero", "benchmark--nasbench201--cifar10--0.json"),
            list.as_bytes(),
            40,
        ),
        seed(Reader::Importer("nas-bench-macro", "nas-bench-macro.json"), macro_json.as_bytes(), 40),
        seed(Reader::Importer("zero-cost-proxies-csv", "p.csv"), proxies.as_bytes(), 40),
        seed(Reader::Plain("trainings.csv"), plain_files::TRAININGS.as_bytes(), 20),
        seed(Reader::Plain("trainings.parquet"), &plain_files::parquet(ParquetCompression::Uncompressed), 30),
        seed(Reader::Plain("trainings.parquet"), &plain_files::parquet(ParquetCompression::Zstd(None)), 20),
        seed(Reader::Archive("x.zip"), &formats::torch_zip(b"N.", &[("0", vec![1, 2, 3])]), 20),
        seed(Reader::Archive("x.tar.gz"), &tar_gz, 20),
    ]
}

fn tarred_gz(members: &[(&str, &[u8])]) -> Vec<u8> {
    use std::io::Write;
    let mut tar = Vec::new();
    for (name, content) in members {
        let mut header = [0; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        header[148..156].fill(b' ');
        header[156] = b'0';
        let sum: u32 = header.iter().map(|b| u32::from(*b)).sum();
        header[148..154].copy_from_slice(format!("{sum:06o}").as_bytes());
        header[154] = 0;
        tar.extend(header);
        tar.extend(*content);
        tar.resize(tar.len().div_ceil(512) * 512, 0);
    }
    tar.extend([0; 1024]);
    // Stored, so that mutations reach the archive inside.
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    writer.write_all(&tar).expect("in memory");
    writer.finish().expect("in memory")
}

/// Seeds from published files: whole small ones, beginnings of large ones.
fn published() -> Vec<Seed> {
    let Some(root) = std::env::var_os("ARCHBENCH_REAL_DATA").map(PathBuf::from) else {
        return Vec::new();
    };
    let bytes = |path: &str| std::fs::read(root.join(path)).unwrap_or_default();
    let unpacked = |path: &str, name: &str| {
        let files = Files::open(&root.join(path)).expect("published");
        let name = files.names().find(|n| n.ends_with(name)).map(str::to_owned);
        let bytes = files.read(&name.expect("there")).expect("published");
        bytes.into_owned()
    };
    let mut seeds = Vec::new();
    let mut add = |reader, bytes: Vec<u8>, weight| {
        seeds.push(Seed {
            reader,
            bytes,
            weight,
        })
    };
    for folder in ["NATS-tss-v1_0-3ffb9-simple", "NATS-sss-v1_0-50262-simple"] {
        let arch = unpacked(&format!("nats-bench/{folder}"), "000284.pickle.pbz2");
        add(Reader::Pickle, arch[..40_000].to_vec(), 3);
        add(Reader::Pickle, arch, 1);
    }
    add(
        Reader::Pickle,
        bytes("nas-bench-201/mini-bench-arch-cell-accs.pd")[..20_000].to_vec(),
        3,
    );
    let help = unpacked_zip(&bytes("nas-bench-201/help_latency/pixel2.pt"));
    add(Reader::Pickle, help, 2);
    let mut records = bytes("nas-bench-101/energy_5V9E.tfrecord");
    records.truncate(4_000);
    let payload = records
        [12..12 + u64::from_le_bytes(records[..8].try_into().expect("eight")) as usize]
        .to_vec();
    add(Reader::Importer("nas-bench-101", "x.tfrecord"), records, 20);
    add(Reader::Record, payload, 60);
    let accel = unpacked("accel-nasbench/anb_dataset_jsons.tar.gz", "result_0.json");
    add(
        Reader::Importer("accel-nas-bench", "result_0.json"),
        accel,
        30,
    );
    let nlp = unpacked("nas-bench-nlp/wikitext2_logs.zip", "999988992.json");
    add(
        Reader::Importer("nas-bench-nlp", "log_stats_model_1.json"),
        nlp,
        15,
    );
    let head = |path: &str, lines: usize| {
        let text = bytes(path);
        let lines: Vec<&[u8]> = text.split_inclusive(|b| *b == b'\n').take(lines).collect();
        lines.concat()
    };
    add(
        Reader::Importer("baker-curves", "metaqnn_cifar10.csv"),
        head("curves/metaqnn_cifar10.csv", 4),
        30,
    );
    add(
        Reader::Importer("naap-440", "naap440.csv"),
        head("curves/naap440.csv", 3),
        5,
    );
    add(
        Reader::Importer("hw-nas-bench-csv", "hw.csv"),
        head("nas-bench-201/hw_nas_bench_cifar10.csv", 5),
        20,
    );
    seeds
}

/// The first member of a stored zip.
fn unpacked_zip(bytes: &[u8]) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("published");
    let mut out = Vec::new();
    std::io::Read::read_to_end(&mut archive.by_index(0).expect("published"), &mut out)
        .expect("published");
    out
}

/// One change in half of the cases, else up to eight: a bit, a byte, a length, a piece cut out, repeated, moved or taken
/// from another seed, the end.
fn mutate(bytes: &mut Vec<u8>, other: &[u8], rng: &mut StreamRng) {
    let most = if rng.random_bool(0.5) { 1 } else { 8 };
    for _ in 0..rng.random_range(1..=most) {
        if bytes.is_empty() {
            return;
        }
        let at = rng.random_range(0..bytes.len());
        let end = (at + rng.random_range(1..=32)).min(bytes.len());
        match rng.random_range(0..9) {
            0 => bytes[at] ^= 1 << rng.random_range(0..8),
            1 => bytes[at] = rng.random_range(0..=255),
            2 => {
                bytes[at] = *b"\x00\xff\x80\x7f().}]e\x8d\x96RbtuQ"
                    .get(rng.random_range(0..17))
                    .unwrap_or(&0)
            }
            3 => bytes[at..end].fill(0xff),
            4 => drop(bytes.drain(at..end)),
            5 => {
                let piece = bytes[at..end].to_vec();
                let to = rng.random_range(0..=bytes.len());
                bytes.splice(to..to, piece);
            }
            6 if !other.is_empty() => {
                let from = rng.random_range(0..other.len());
                let piece = other[from..(from + 32).min(other.len())].to_vec();
                bytes.splice(at..end, piece);
            }
            7 => bytes.truncate(at),
            _ => bytes[at..end].reverse(),
        }
    }
}

/// Whether the reader takes the input.
fn accepts(reader: Reader, bytes: Vec<u8>, folder: &std::path::Path) -> bool {
    match reader {
        Reader::Pickle => load(&bytes).is_ok() | load_sequence(&bytes).is_ok(),
        Reader::Record => {
            let files = Files::in_memory("fuzz", vec![("x.tfrecord".into(), framed(&bytes))]);
            read_files("nas-bench-101", &files).is_ok()
        }
        Reader::Importer(format, name) => {
            let files = Files::in_memory("fuzz", vec![(name.into(), bytes)]);
            let _ = read_files("auto", &files);
            read_files(format, &files).is_ok()
        }
        Reader::Plain(name) => {
            let card = plain_files::CARD.as_bytes().to_vec();
            let members = vec![("card.toml".into(), card), (name.into(), bytes)];
            read_files("plain", &Files::in_memory("fuzz", members)).is_ok()
        }
        Reader::Archive(name) => {
            let path = folder.join(name);
            std::fs::write(&path, bytes).expect("written");
            let Ok(files) = Files::open(&path) else {
                return false;
            };
            let names: Vec<&str> = files.names().collect();
            names.iter().all(|n| files.read(n).is_ok())
        }
    }
}

/// The last panic that a library raised on damaged bytes. Most become errors, and are not printed.
static LAST_OF_LIBRARY: Mutex<String> = Mutex::new(String::new());

fn quiet_about_libraries() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let file = panic.location().map_or("", |place| place.file());
        match (file.contains("/polars-"), LAST_OF_LIBRARY.lock()) {
            (true, Ok(mut last)) => *last = panic.to_string(),
            _ => usual(panic),
        }
    }));
}

/// Only what reads these is drawn, as far as `ARCHBENCH_FUZZ_READERS` says so: `Plain`, `Pickle,Record`.
fn is_wanted(reader: Reader) -> bool {
    let Ok(wanted) = std::env::var("ARCHBENCH_FUZZ_READERS") else {
        return true;
    };
    let name = format!("{reader:?}");
    wanted.split(',').any(|part| name.contains(part))
}

/// Runs so many inputs; returns how many each reader got and took.
fn run(count: u64, name: &str) -> BTreeMap<Reader, (u64, u64)> {
    quiet_about_libraries();
    let seeds = made().into_iter().chain(published());
    let seeds: Vec<Seed> = seeds.filter(|seed| is_wanted(seed.reader)).collect();
    let drawn: Vec<usize> = (seeds.iter().enumerate())
        .flat_map(|(at, seed)| std::iter::repeat_n(at, seed.weight as usize))
        .collect();
    let mut rng = derive_rng(1, &["fuzz", name]);
    let folder = tempfile::tempdir().expect("a folder");
    let mut counts = BTreeMap::new();
    for _ in 0..count {
        let seed = &seeds[drawn[rng.random_range(0..drawn.len())]];
        let other = &seeds[drawn[rng.random_range(0..drawn.len())]].bytes;
        let mut bytes = seed.bytes.clone();
        mutate(&mut bytes, other, &mut rng);
        let of_reader: &mut (u64, u64) = counts.entry(seed.reader).or_default();
        of_reader.0 += 1;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            accepts(seed.reader, bytes, folder.path())
        }));
        let last = LAST_OF_LIBRARY.lock().expect("not poisoned").clone();
        of_reader.1 += u64::from(outcome.unwrap_or_else(|_| panic!("{:?}: {last}", seed.reader)));
    }
    counts
}

/// Every seed is a file that its reader takes: what is mutated was whole.
#[test]
fn seeds_are_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    for seed in made() {
        let reader = seed.reader;
        assert!(accepts(reader, seed.bytes, folder.path()), "{reader:?}");
    }
}

#[test]
fn some_mutated_files() {
    let counts = run(20_000, "short");
    assert_eq!(counts.values().map(|(all, _)| all).sum::<u64>(), 20_000);
}

#[test]
#[ignore = "takes an hour: see the head of this file"]
fn ten_million_mutated_files() {
    let count =
        std::env::var("ARCHBENCH_FUZZ_INPUTS").map_or(10_000_000, |n| n.parse().expect("a number"));
    let counts = run(count, "long");
    for (reader, (all, taken)) in &counts {
        println!("{reader:?}: {all} inputs, {taken} taken");
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap_or("peak unknown");
    println!(
        "{} inputs, {peak}",
        counts.values().map(|(all, _)| all).sum::<u64>()
    );
}
