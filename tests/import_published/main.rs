//! Importers on published files, against figures read off the same files with Python (`pickle`, `bz2`, `json`, `csv`,
//! and for NAS-Bench-101 the record framing and protocol buffer by hand).

mod curves;
mod figures;
mod image_cells;
mod support;
