//! One file over HTTP or HTTPS, whole and right or not there.
//!
//! The bytes go to `NAME.part`, which gets its name when length and SHA-256 are right. A transfer that was cut is gone on
//! with where it ended (RFC 9110, section 14: range requests), but only where a checksum says whether the two ends fit
//! together. Proxy variables (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`) are honoured.

use super::part::{Part, there};
use super::recipe::RemoteFile;
use super::tls;
use crate::error::Error;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;
use ureq::http::Response;
use ureq::{Agent, Body};

const CONNECT: Duration = Duration::from_secs(30);
/// A server that says nothing for so long has gone away.
const SILENCE: Duration = Duration::from_secs(60);
/// The most bytes a file may have whose length nobody states.
const MAX_BYTES: u64 = 1 << 37;

/// How often a transfer that was cut is taken up again, and how long to wait before (once, twice, … as long).
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Attempts in all.
    pub attempts: u32,
    /// The first pause.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempts: 6,
            pause: Duration::from_secs(1),
        }
    }
}

/// What fetches.
pub struct Client {
    agent: Agent,
    patience: Patience,
}

/// A file that is there now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Its checksum.
    pub sha256: String,
    /// Whether it was there before.
    pub was_there: bool,
}

/// Why an attempt did not bring the whole file.
enum Failure {
    /// It may go on.
    Cut(String),
    /// It cannot now; what is there may be of use later.
    Away(Error),
    /// It never will; what is there is of no use.
    Wrong(Error),
}

impl Client {
    /// A client as the environment wants it.
    ///
    /// # Errors
    /// When `SSL_CERT_FILE` names what is none.
    pub fn new(patience: Patience) -> Result<Self, Error> {
        let config = Agent::config_builder()
            .tls_config(tls::config()?)
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(SILENCE))
            .timeout_per_read(Some(SILENCE))
            .user_agent(concat!("archbench/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self {
            agent: config.into(),
            patience,
        })
    }

    /// Brings a file into `folder`, checked against `sha256` where it is known; `progress` is told the bytes that are
    /// there, and how many there will be.
    ///
    /// # Errors
    /// When it cannot be had whole and right.
    pub fn fetch(
        &self,
        file: &RemoteFile,
        sha256: Option<&str>,
        folder: &Path,
        progress: &mut dyn FnMut(u64, Option<u64>),
    ) -> Result<Fetched, Error> {
        let target = folder.join(&file.name);
        if let Some(found) = there(&target, sha256)? {
            return Ok(Fetched {
                sha256: found,
                was_there: true,
            });
        }
        let path = folder.join(format!("{}.part", file.name));
        let mut part = Part::open(path, sha256.is_some())?;
        let had = part.length;
        let mut outcome = self.bring(file, sha256, &mut part, progress);
        if had > 0 && matches!(outcome, Err(Failure::Wrong(_))) {
            // The beginning may have been of another file: once more, from the start.
            part.restart()?;
            outcome = self.bring(file, sha256, &mut part, progress);
        }
        match outcome {
            Ok(found) => {
                part.finish(&target)?;
                Ok(Fetched {
                    sha256: found,
                    was_there: false,
                })
            }
            Err(Failure::Wrong(error)) => part.discard().and(Err(error)),
            Err(Failure::Away(error)) => part.leave(sha256.is_some()).and(Err(error)),
            Err(Failure::Cut(problem)) => {
                let error = Error::new(&file.url, problem);
                let error = match sha256 {
                    Some(_) => error.mend("fetch again to go on from there"),
                    None => error.mend("fetch again"),
                };
                part.leave(sha256.is_some()).and(Err(error))
            }
        }
    }

    /// Attempts until the file is whole, then checks it; returns its checksum.
    fn bring(
        &self,
        file: &RemoteFile,
        sha256: Option<&str>,
        part: &mut Part,
        progress: &mut dyn FnMut(u64, Option<u64>),
    ) -> Result<String, Failure> {
        let mut attempt = 1;
        while let Err(failure) = self.attempt(file, sha256.is_some(), part, progress) {
            match failure {
                Failure::Cut(_) if attempt < self.patience.attempts => {
                    std::thread::sleep(self.patience.pause * attempt);
                    attempt += 1;
                }
                failure => return Err(failure),
            }
        }
        let found = part.sha256()?;
        match sha256 {
            Some(expected) if !expected.eq_ignore_ascii_case(&found) => Err(Failure::Wrong(
                Error::new(
                    &file.url,
                    format!("has SHA-256 {found}, expected {expected}: nothing of it is kept"),
                )
                .mend("fetch again; if it stays so, the published file has changed"),
            )),
            _ => Ok(found),
        }
    }

    fn attempt(
        &self,
        file: &RemoteFile,
        can_resume: bool,
        part: &mut Part,
        progress: &mut dyn FnMut(u64, Option<u64>),
    ) -> Result<(), Failure> {
        let is_too_long = file.bytes.is_some_and(|bytes| part.length > bytes);
        if is_too_long || !can_resume {
            part.restart()?;
        }
        if file.bytes == Some(part.length) {
            return Ok(());
        }
        let mut response = self.ask(file, part.length)?;
        let all = expected(file, &response, part)?;
        if let (Some(bytes), Some(all)) = (file.bytes, all)
            && bytes != all
        {
            return Err(Failure::Wrong(Error::new(
                &file.url,
                format!("has {all} bytes, expected {bytes}: not the published file"),
            )));
        }
        let all = file.bytes.or(all);
        receive(response.body_mut().as_reader(), file, part, all, progress)
    }

    /// Asks for the file from this byte on.
    fn ask(&self, file: &RemoteFile, from: u64) -> Result<Response<Body>, Failure> {
        let request = (self.agent.get(&file.url))
            .header("Accept-Encoding", "identity")
            .config()
            // A link that is encrypted leads to an encrypted one.
            .https_only(file.url.starts_with("https://"));
        let request = match is_on_this_machine(&file.url) {
            true => request.proxy(None),
            false => request,
        };
        let request = request.build();
        let request = match from {
            0 => request,
            _ => request.header("Range", format!("bytes={from}-")),
        };
        request.call().map_err(|e| unanswered(&file.url, &e))
    }
}

/// Whether a link leads to this machine, of which no proxy is asked.
fn is_on_this_machine(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|local| {
        let after = host.strip_prefix(local);
        after.is_some_and(|after| after.is_empty() || after.starts_with([':', '/']))
    })
}

/// Why there was no answer.
fn unanswered(url: &str, error: &ureq::Error) -> Failure {
    use ureq::Error as E;
    let unreachable = |problem: String| {
        Failure::Away(Error::new(url, problem).mend(
            "is this machine online? behind a proxy, set HTTPS_PROXY; or get the file elsewhere and `archbench import` it",
        ))
    };
    match error {
        E::HostNotFound | E::ConnectionFailed | E::ConnectProxyFailed(_) | E::InvalidProxyUrl => {
            unreachable(format!("cannot be reached: {error}"))
        }
        E::Io(e)
            if matches!(
                e.kind(),
                io::ErrorKind::UnexpectedEof
                    | io::ErrorKind::ConnectionReset
                    | io::ErrorKind::ConnectionAborted
                    | io::ErrorKind::BrokenPipe
            ) =>
        {
            Failure::Cut(format!("the connection broke: {e}"))
        }
        E::Io(e) => unreachable(format!("cannot be reached: {e}")),
        E::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
            unreachable("cannot be reached: no answer".into())
        }
        E::Timeout(_) => Failure::Cut("no answer".into()),
        other => Failure::Wrong(Error::new(url, other)),
    }
}

/// The length of the whole file, as the answer says it; empties the part where the answer begins at the beginning.
fn expected(
    file: &RemoteFile,
    response: &Response<Body>,
    part: &mut Part,
) -> Result<Option<u64>, Failure> {
    match response.status().as_u16() {
        200 => {
            part.restart()?;
            Ok(response.body().content_length())
        }
        206 => match content_range(response) {
            Some((from, all)) if from == part.length => Ok(all),
            _ => {
                part.restart()?;
                Err(Failure::Cut(
                    "the server sent another part than asked for".into(),
                ))
            }
        },
        416 => {
            part.restart()?;
            Err(Failure::Cut("the server has no such part".into()))
        }
        status @ (408 | 429 | 500..=599) => Err(Failure::Cut(format!("the server says {status}"))),
        status => Err(Failure::Wrong(
            Error::new(&file.url, format!("the server says {status}"))
                .mend("the file may have moved: get it by hand and `archbench import` it"),
        )),
    }
}

/// Where the part begins, and how long the whole is: `bytes 100-199/200`.
fn content_range(response: &Response<Body>) -> Option<(u64, Option<u64>)> {
    let value = response.headers().get("Content-Range")?.to_str().ok()?;
    let (range, all) = value.strip_prefix("bytes ")?.split_once('/')?;
    let from = range.split_once('-')?.0.parse().ok()?;
    Some((from, all.parse().ok()))
}

/// Appends the body to the part.
fn receive(
    mut body: impl Read,
    file: &RemoteFile,
    part: &mut Part,
    all: Option<u64>,
    progress: &mut dyn FnMut(u64, Option<u64>),
) -> Result<(), Failure> {
    let mut buffer = vec![0; 1 << 18];
    let limit = all.unwrap_or(MAX_BYTES);
    loop {
        progress(part.length, all);
        let got = match body.read(&mut buffer) {
            Ok(got) => got,
            Err(e) => return Err(cut(part.length, all, &e.to_string())),
        };
        match got {
            0 if all.is_some_and(|all| part.length < all) => {
                return Err(cut(part.length, all, "the connection ended"));
            }
            0 => return Ok(()),
            _ if part.length + got as u64 > limit => {
                return Err(Failure::Wrong(Error::new(
                    &file.url,
                    format!("sends more than {limit} bytes: not the published file"),
                )));
            }
            _ => part.append(&buffer[..got])?,
        }
    }
}

fn cut(at: u64, all: Option<u64>, why: &str) -> Failure {
    let of = all.map_or(String::new(), |all| format!(" of {all}"));
    Failure::Cut(format!("cut after {at}{of} bytes: {why}"))
}

/// What goes wrong on this machine's disk is no reason to throw away what is there.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Away(error)
    }
}
