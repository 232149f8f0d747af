//! Tables: what they answer and what they refuse, how they are stored, exported, joined, and what damage does to them.

mod joining;
mod made_up;
mod meaning;
mod plain;
#[path = "../support/plain_files.rs"]
mod plain_files;
mod storage;
