//! An HTTP server that answers as it is told, one request after another.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// How the next request is answered.
pub enum Answer {
    /// All of it, or the part that was asked for.
    Whole(Vec<u8>),
    /// So many bytes of the body (or of the part that was asked for), then the end of the connection.
    Cut(Vec<u8>, usize),
    /// All of it, whatever part was asked for.
    Unranged(Vec<u8>),
    /// All of it, without saying how long it is.
    Unmeasured(Vec<u8>),
    /// This status, without a body.
    Status(u16),
    /// The server's own path, `/again`.
    Redirect,
    /// As a proxy: a way through to the one that answers with this.
    Tunnel(Vec<u8>),
}

/// A server on this machine; it answers as many requests as it has answers.
pub struct Server {
    pub url: String,
    asked: Arc<Mutex<Vec<String>>>,
    thread: JoinHandle<()>,
}

impl Server {
    pub fn start(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = asked.clone();
        let thread = std::thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().expect("a connection");
                let mut asked = request(&stream);
                let mut answer = answer;
                if let Answer::Tunnel(body) = answer {
                    heard.lock().expect("alone").push(asked);
                    stream
                        .write_all(b"HTTP/1.1 200 Connected\r\n\r\n")
                        .expect("sent");
                    asked = request(&stream);
                    answer = Answer::Whole(body);
                }
                respond(&mut stream, &answer, range(&asked));
                heard.lock().expect("alone").push(asked);
            }
        });
        Self {
            url: format!("http://{address}"),
            asked,
            thread,
        }
    }

    /// The requests, when all answers were given.
    pub fn requests(self) -> Vec<String> {
        self.thread.join().expect("served");
        self.asked.lock().expect("alone").clone()
    }
}

/// The lines of a request up to the empty one.
fn request(stream: &TcpStream) -> String {
    let lines = BufReader::new(stream.take(1 << 16)).lines();
    let lines: Vec<String> = (lines.map_while(Result::ok))
        .take_while(|line| !line.is_empty())
        .collect();
    lines.join("\n")
}

/// The first byte that is asked for.
pub fn range(request: &str) -> Option<usize> {
    let line = (request.lines()).find_map(|l| {
        l.to_lowercase()
            .strip_prefix("range: bytes=")
            .map(str::to_owned)
    })?;
    line.trim_end_matches('-').parse().ok()
}

fn respond(stream: &mut TcpStream, answer: &Answer, from: Option<usize>) {
    let mut send = |head: String, body: &[u8]| {
        // A client that has heard enough hangs up: no failure of the server.
        let _ = stream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes());
        let _ = stream.write_all(body);
    };
    let ranged = |body: &[u8]| match from {
        Some(from) if from >= body.len() => (
            "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\n".to_string(),
            body.len(),
        ),
        Some(from) => {
            let (left, last, all) = (body.len() - from, body.len() - 1, body.len());
            let head = format!(
                "HTTP/1.1 206 Partial Content\r\nContent-Length: {left}\r\nContent-Range: bytes {from}-{last}/{all}\r\n"
            );
            (head, from)
        }
        None => (
            format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n", body.len()),
            0,
        ),
    };
    match answer {
        Answer::Whole(body) => {
            let (head, from) = ranged(body);
            send(head, &body[from..]);
        }
        Answer::Cut(body, count) => {
            let (head, from) = ranged(body);
            send(head, &body[from..body.len().min(from + count)]);
        }
        Answer::Unranged(body) => {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n", body.len());
            send(head, body);
        }
        Answer::Unmeasured(body) => send("HTTP/1.1 200 OK\r\n".into(), body),
        Answer::Status(status) => {
            send(
                format!("HTTP/1.1 {status} Other\r\nContent-Length: 0\r\n"),
                &[],
            );
        }
        Answer::Tunnel(_) => unreachable!("answered before"),
        Answer::Redirect => {
            send(
                "HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n".into(),
                &[],
            );
        }
    }
}
