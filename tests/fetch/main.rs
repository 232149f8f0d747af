//! `archbench fetch` against a server on this machine: whole files are imported, and of others nothing stays but what the
//! next fetch goes on with.

mod program;
mod server;

use archbench::fetch::{Client, Patience, Recipe, fetch};
use archbench::table::sha256_hex;
use server::{Answer, Server, range};
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

/// A file long enough to come in pieces.
fn body() -> Vec<u8> {
    (0..300_000_u32).flat_map(u32::to_le_bytes).collect()
}

/// A recipe for one file of this server; `pins` are further lines.
fn recipe(url: &str, pins: &str) -> Recipe {
    let text = format!(
        "title = \"t\"\nlicence = \"l\"\nimport = \"plain\"\n[[file]]\nname = \"file.bin\"\nurl = \"{url}/file.bin\"\n{pins}"
    );
    Recipe::parse("test", "test", &text).expect("a recipe")
}

fn pinned(body: &[u8]) -> String {
    format!(
        "bytes = {}\nsha256 = \"{}\"\n",
        body.len(),
        sha256_hex(body)
    )
}

/// Fetches into a folder; a second fetch may follow.
struct Fetcher {
    home: TempDir,
    /// What the user was told.
    told: Vec<String>,
}

impl Fetcher {
    fn new() -> Self {
        Self {
            home: tempfile::tempdir().expect("a folder"),
            told: Vec::new(),
        }
    }

    fn folder(&self) -> PathBuf {
        self.home.path().join("test")
    }

    fn fetch(&mut self, recipe: &Recipe, attempts: u32) -> Result<PathBuf, String> {
        let pause = Duration::from_millis(1);
        let client = Client::new(Patience { attempts, pause }).expect("a client");
        let told = &mut self.told;
        let mut progress = |_: &_, done: u64, all: Option<u64>| {
            assert!(all.is_none_or(|all| done <= all), "{done} of {all:?}");
        };
        let folder = self.home.path().join("test");
        let mut say = |line: &str| told.push(line.to_owned());
        fetch(&client, recipe, &folder, &mut progress, &mut say).map_err(|e| e.to_string())
    }

    /// The names of what is there, and how long each is.
    fn there(&self) -> Vec<(String, u64)> {
        let entries = std::fs::read_dir(self.folder())
            .into_iter()
            .flatten()
            .flatten();
        let mut files: Vec<(String, u64)> = entries
            .map(|e| {
                let name = e.file_name().to_string_lossy().into_owned();
                (name, e.metadata().expect("there").len())
            })
            .collect();
        files.sort();
        files
    }
}

#[test]
fn a_file_is_fetched_once() {
    let body = body();
    let server = Server::start(vec![Answer::Whole(body.clone())]);
    let recipe = recipe(&server.url, &pinned(&body));
    let mut fetcher = Fetcher::new();
    let path = fetcher.fetch(&recipe, 1).expect("fetched");
    assert_eq!(std::fs::read(&path).expect("there"), body);
    assert_eq!(fetcher.there().len(), 1);
    assert_eq!(server.requests().len(), 1);
    // The server is gone, and not needed.
    assert_eq!(fetcher.fetch(&recipe, 1), Ok(path.clone()));
    // What was damaged since is fetched again.
    std::fs::write(&path, "damaged").expect("written");
    fetcher.fetch(&recipe, 1).expect_err("no server");
    assert_eq!(fetcher.there(), []);
}

#[test]
fn a_cut_transfer_goes_on_where_it_ended_within_a_fetch_and_in_the_next() {
    let body = body();
    let server = Server::start(vec![
        Answer::Cut(body.clone(), 100_000),
        Answer::Cut(body.clone(), 200_000),
        Answer::Whole(body.clone()),
    ]);
    let recipe = recipe(&server.url, &pinned(&body));
    let mut fetcher = Fetcher::new();
    let error = fetcher.fetch(&recipe, 2).expect_err("cut twice");
    assert!(
        error.contains("cut after 300000 of 1200000 bytes"),
        "{error}"
    );
    assert!(error.contains("fetch again to go on from there"), "{error}");
    assert_eq!(fetcher.there(), [("file.bin.part".to_owned(), 300_000)]);
    let path = fetcher.fetch(&recipe, 1).expect("the rest");
    assert_eq!(std::fs::read(path).expect("there"), body);
    assert_eq!(fetcher.there().len(), 1);
    let asked: Vec<_> = server.requests().iter().map(|r| range(r)).collect();
    assert_eq!(asked, [None, Some(100_000), Some(300_000)]);
}

#[test]
fn a_server_that_ignores_ranges_starts_over() {
    let body = body();
    let server = Server::start(vec![
        Answer::Cut(body.clone(), 100_000),
        Answer::Unranged(body.clone()),
    ]);
    let recipe = recipe(&server.url, &pinned(&body));
    let mut fetcher = Fetcher::new();
    let path = fetcher.fetch(&recipe, 2).expect("fetched");
    assert_eq!(std::fs::read(path).expect("there"), body);
    assert_eq!(range(&server.requests()[1]), Some(100_000));
}

#[test]
fn the_beginning_of_another_file_is_thrown_away() {
    let body = body();
    let server = Server::start(vec![
        Answer::Whole(body.clone()),
        Answer::Whole(body.clone()),
    ]);
    let recipe = recipe(&server.url, &pinned(&body));
    let mut fetcher = Fetcher::new();
    std::fs::create_dir_all(fetcher.folder()).expect("a folder");
    std::fs::write(fetcher.folder().join("file.bin.part"), vec![7; 1_000]).expect("written");
    let path = fetcher.fetch(&recipe, 1).expect("fetched");
    assert_eq!(std::fs::read(path).expect("there"), body);
    let asked: Vec<_> = server.requests().iter().map(|r| range(r)).collect();
    assert_eq!(asked, [Some(1_000), None]);
}

/// A part of all bytes is checked without asking; a longer one is thrown away.
#[test]
fn a_part_may_be_whole_or_too_long() {
    let body = body();
    let server = Server::start(vec![Answer::Whole(body.clone())]);
    let recipe = recipe(&server.url, &pinned(&body));
    let mut fetcher = Fetcher::new();
    std::fs::create_dir_all(fetcher.folder()).expect("a folder");
    let part = fetcher.folder().join("file.bin.part");
    std::fs::write(&part, &body).expect("written");
    let path = fetcher.fetch(&recipe, 1).expect("whole");
    std::fs::remove_file(path).expect("there");
    std::fs::write(&part, [&body[..], b"more"].concat()).expect("written");
    fetcher.fetch(&recipe, 1).expect("fetched");
    assert_eq!(server.requests().len(), 1);
}

/// Each answer, what the error says of it, and that nothing stays.
#[test]
fn of_a_wrong_file_nothing_stays() {
    let body = body();
    let mut other = body.clone();
    other[77] ^= 1;
    let longer = [&body[..], b"more"].concat();
    let cases = [
        (Answer::Whole(other), "expected"),
        (
            Answer::Whole(longer.clone()),
            "has 1200004 bytes, expected 1200000",
        ),
        (Answer::Unmeasured(longer), "sends more than 1200000 bytes"),
        (
            Answer::Whole(body[..5].to_vec()),
            "has 5 bytes, expected 1200000",
        ),
        (Answer::Status(404), "the server says 404"),
        (Answer::Status(403), "the server says 403"),
    ];
    for (answer, expected) in cases {
        let server = Server::start(vec![answer]);
        let recipe = recipe(&server.url, &pinned(&body));
        let mut fetcher = Fetcher::new();
        let error = fetcher.fetch(&recipe, 3).expect_err(expected);
        assert!(error.contains(expected), "{error}");
        assert!(
            !error.contains('\n') && error.contains(&server.url),
            "{error}"
        );
        assert!(
            !fetcher.folder().exists(),
            "{expected}: {:?}",
            fetcher.there()
        );
        server.requests();
    }
}

#[test]
fn a_busy_server_is_asked_again() {
    let body = body();
    let server = Server::start(vec![
        Answer::Status(503),
        Answer::Status(429),
        Answer::Whole(body.clone()),
    ]);
    let recipe = recipe(&server.url, &pinned(&body));
    Fetcher::new().fetch(&recipe, 3).expect("fetched");
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn redirects_are_followed() {
    let body = body();
    let server = Server::start(vec![Answer::Redirect, Answer::Whole(body.clone())]);
    let recipe = recipe(&server.url, &pinned(&body));
    Fetcher::new().fetch(&recipe, 1).expect("fetched");
    assert!(
        server.requests()[1].starts_with("GET /again"),
        "where it was sent"
    );
}

/// Without a published checksum two beginnings may not fit together: nothing is gone on with, and what came first is
/// what must come again.
#[test]
fn without_a_checksum_the_first_fetch_says_which_it_is() {
    let body = body();
    let server = Server::start(vec![
        Answer::Cut(body.clone(), 100_000),
        Answer::Unmeasured(body.clone()),
        Answer::Whole(b"another".to_vec()),
    ]);
    let recipe = recipe(&server.url, "");
    let mut fetcher = Fetcher::new();
    fetcher.fetch(&recipe, 1).expect_err("cut");
    assert!(!fetcher.folder().exists());
    let path = fetcher.fetch(&recipe, 1).expect("fetched");
    let told = fetcher.told.join("\n");
    assert!(
        told.contains("no published checksum") && told.contains(&sha256_hex(&body)),
        "{told}"
    );
    std::fs::remove_file(path).expect("there");
    let error = fetcher.fetch(&recipe, 1).expect_err("another file");
    assert!(error.contains(&sha256_hex(&body)), "{error}");
    let asked: Vec<_> = server.requests().iter().map(|r| range(r)).collect();
    assert_eq!(asked, [None, None, None]);
}

#[test]
fn two_fetches_of_one_file_do_not_mix() {
    let body = body();
    let recipe = recipe("http://127.0.0.1:9", &pinned(&body));
    let mut fetcher = Fetcher::new();
    std::fs::create_dir_all(fetcher.folder()).expect("a folder");
    let other = std::fs::File::create(fetcher.folder().join("file.bin.part")).expect("a file");
    other.lock().expect("locked");
    let error = fetcher.fetch(&recipe, 1).expect_err("locked");
    assert!(error.contains("another process"), "{error}");
}
