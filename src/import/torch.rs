//! Files of `torch.save`: a pickle in a zip archive beside the tensors' bytes, or, before PyTorch 1.6, a row of
//! pickles. Plain values are read from both, tensors from the archive.

use super::files::{self, ReadSeek};
use super::pickle::{self, Global, Limits, Node, Pickle};
use std::io::{Read, SeekFrom};
use zip::ZipArchive;

/// How PyTorch's older files begin: a pickle of its magic number.
const LEGACY: [u8; 15] = [
    0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e,
];
/// How the name of the pickle's member ends.
const PICKLE: &str = "/data.pkl";
/// The most bytes of tensors that are read.
const MAX_TENSORS: u64 = 1 << 30;

/// Takes entries out of the dictionary under a key while it is read.
pub(super) type Taker<'t> = (
    &'t str,
    &'t mut dyn FnMut(Node<'_>, Node<'_>) -> Result<(), String>,
);

/// A file of `torch.save`.
pub(super) struct TorchFile {
    reader: Box<dyn ReadSeek>,
}

impl TorchFile {
    pub(super) fn new(reader: Box<dyn ReadSeek>) -> Self {
        Self { reader }
    }

    /// Reads the value; with `taker`, entry by entry.
    ///
    /// # Errors
    /// When the file is neither form, or damaged.
    pub(super) fn load(
        &mut self,
        limits: Limits,
        taker: Option<Taker<'_>>,
    ) -> Result<Pickle, String> {
        let mut start = [0; LEGACY.len()];
        let failed = |e: std::io::Error| format!("cannot read: {e}");
        let mut got = 0;
        while got < start.len() {
            match self.reader.read(&mut start[got..]).map_err(failed)? {
                0 => break,
                more => got += more,
            }
        }
        if start == LEGACY {
            return self.load_legacy(limits, taker);
        }
        if !start.starts_with(b"PK") {
            return self.load_at(0, limits, taker);
        }
        if let Some(archive) = self.reader.whole() {
            let member = files::member_ending(archive, PICKLE)?;
            let (name, bytes) = member.ok_or_else(|| missing(PICKLE))?;
            return load_bytes(&bytes, limits, taker).map_err(|e| format!("{name}: {e}"));
        }
        let mut archive = self.archive()?;
        let name = member_ending(&archive, PICKLE)?;
        let member = archive.by_name(&name).map_err(|e| format!("{name}: {e}"))?;
        load(member, limits, taker).map_err(|e| format!("{name}: {e}"))
    }

    /// Magic number, protocol and system are pickles of their own before the value.
    fn load_legacy(&mut self, limits: Limits, taker: Option<Taker<'_>>) -> Result<Pickle, String> {
        let mut at = LEGACY.len() as u64;
        for _ in ["protocol", "system"] {
            let small = Limits {
                memory: 1 << 16,
                ..limits
            };
            at += self.load_at(at, small, None)?.read;
        }
        self.load_at(at, limits, taker)
    }

    /// The pickle at this place.
    fn load_at(
        &mut self,
        at: u64,
        limits: Limits,
        taker: Option<Taker<'_>>,
    ) -> Result<Pickle, String> {
        if let Some(bytes) = self.reader.whole() {
            let rest = usize::try_from(at).ok().and_then(|at| bytes.get(at..));
            return load_bytes(rest.unwrap_or_default(), limits, taker);
        }
        let found = self.reader.seek(SeekFrom::Start(at));
        found.map_err(|e| format!("cannot read: {e}"))?;
        load(&mut self.reader, limits, taker)
    }

    fn archive(&mut self) -> Result<ZipArchive<&mut Box<dyn ReadSeek>>, String> {
        ZipArchive::new(&mut self.reader).map_err(|e| format!("not a whole zip archive: {e}"))
    }

    /// The numbers of a tensor in row-major order.
    ///
    /// # Errors
    /// When it is no tensor, or its bytes are not all there.
    pub(super) fn tensor(&mut self, value: Node<'_>) -> Result<Vec<f64>, String> {
        let (arguments, _) = value
            .record_of(Global::RebuildTensor2)
            .ok_or("not a tensor")?;
        let part = |at: usize| arguments.item(at).ok_or("a damaged tensor");
        let storage = part(0)?.persistent().ok_or("a tensor without storage")?;
        let (kind, key) = (storage.item(1), storage.item(2).and_then(Node::text));
        let (Some(kind), Some(key)) = (kind, key) else {
            return Err("a tensor without storage".into());
        };
        let offset = part(1)?.int().and_then(|v| usize::try_from(v).ok());
        let extents = |at: usize| -> Result<Vec<usize>, String> {
            let items = part(at)?.items().ok_or("a damaged tensor")?;
            let whole = |n: Node<'_>| n.int().and_then(|v| usize::try_from(v).ok());
            items
                .map(whole)
                .collect::<Option<_>>()
                .ok_or_else(|| "a damaged tensor".into())
        };
        let (size, stride) = (extents(2)?, extents(3)?);
        let numbers = self.storage(kind, key)?;
        strided(&numbers, offset.ok_or("a damaged tensor")?, &size, &stride)
            .ok_or_else(|| "a tensor reaches beyond its storage".into())
    }

    fn storage(&mut self, kind: Node<'_>, key: &str) -> Result<Vec<f64>, String> {
        let pickle::Value::Global(kind) = kind.value() else {
            return Err("a storage without type".into());
        };
        let mut archive = self.archive()?;
        let name = member_ending(&archive, &format!("/data/{key}"))?;
        let member = archive.by_name(&name).map_err(|e| format!("{name}: {e}"))?;
        let mut bytes = Vec::new();
        let read = member.take(MAX_TENSORS).read_to_end(&mut bytes);
        read.map_err(|e| format!("{name}: {e}"))?;
        Ok(match kind {
            Global::DoubleStorage => numbers(&bytes, f64::from_le_bytes),
            Global::FloatStorage => numbers(&bytes, |b| f64::from(f32::from_le_bytes(b))),
            Global::HalfStorage => numbers(&bytes, |b| pickle::half(u16::from_le_bytes(b))),
            Global::BFloat16Storage => numbers(&bytes, |b: [u8; 2]| {
                f64::from(f32::from_bits(u32::from(u16::from_le_bytes(b)) << 16))
            }),
            Global::LongStorage => numbers(&bytes, |b| i64::from_le_bytes(b) as f64),
            Global::IntStorage => numbers(&bytes, |b| f64::from(i32::from_le_bytes(b))),
            Global::ShortStorage => numbers(&bytes, |b| f64::from(i16::from_le_bytes(b))),
            Global::CharStorage => numbers(&bytes, |b| f64::from(i8::from_le_bytes(b))),
            Global::ByteStorage | Global::BoolStorage => {
                bytes.iter().map(|b| f64::from(*b)).collect()
            }
            _ => return Err("a storage of unknown type".into()),
        })
    }
}

fn load_bytes(bytes: &[u8], limits: Limits, taker: Option<Taker<'_>>) -> Result<Pickle, String> {
    match taker {
        Some(_) => load(bytes, limits, taker),
        None => pickle::load_within(bytes, limits).map_err(|e| e.to_string()),
    }
}

fn load(reader: impl Read, limits: Limits, taker: Option<Taker<'_>>) -> Result<Pickle, String> {
    match taker {
        Some((key, take)) => pickle::stream_entries(reader, limits, key, take),
        None => pickle::load_from(reader, limits),
    }
    .map_err(|e| e.to_string())
}

fn member_ending<R>(archive: &ZipArchive<R>, ending: &str) -> Result<String, String>
where
    R: Read + std::io::Seek,
{
    archive
        .file_names()
        .filter_map(Result::ok)
        .find(|name| name.ends_with(ending))
        .map(|name| name.into_owned())
        .ok_or_else(|| missing(ending))
}

fn missing(ending: &str) -> String {
    format!("holds no `{ending}`: not a file of torch.save")
}

fn numbers<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f64) -> Vec<f64> {
    let (whole, _) = bytes.as_chunks::<N>();
    whole.iter().map(|b| number(*b)).collect()
}

/// A view of a storage; `None` where it reaches beyond.
fn strided(storage: &[f64], offset: usize, size: &[usize], stride: &[usize]) -> Option<Vec<f64>> {
    let count = size.iter().try_fold(1usize, |n, d| n.checked_mul(*d))?;
    if size.len() != stride.len() || count > storage.len() {
        return None;
    }
    (0..count)
        .map(|mut rank| {
            let mut at = offset;
            for (extent, step) in size.iter().zip(stride).rev() {
                at = at.checked_add((rank % extent).checked_mul(*step)?)?;
                rank /= extent;
            }
            storage.get(at).copied()
        })
        .collect()
}
