//! `archbench fetch` as a user meets it.

use crate::server::{Answer, Server};
use archbench::table::sha256_hex;
use assert_cmd::Command;
use std::path::{Path, PathBuf};

/// The program with a home of its own and no proxy.
fn archbench(home: &Path) -> Command {
    let mut command = Command::cargo_bin("archbench").expect("the program");
    command.env("ARCHBENCH_HOME", home).env("NO_PROXY", "*");
    for proxy in [
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
    ] {
        command.env_remove(proxy);
    }
    command
}

fn recipe_file(folder: &Path, url: &str, body: &[u8]) -> PathBuf {
    let path = folder.join("mine.toml");
    let text = format!(
        "title = \"Eight digits\"\nlicence = \"MIT\"\nimport = \"nas-bench-macro\"\n[[file]]\n\
         name = \"nas-bench-macro.json\"\nurl = \"{url}/x\"\nsha256 = \"{}\"\n",
        sha256_hex(body)
    );
    std::fs::write(&path, text).expect("written");
    path
}

const MACRO: &[u8] =
    b"{\"02012100\": {\"test_acc\": [89.5, 88.5, 89.25], \"mean_acc\": 89.1, \"std\": 0.2, \
                       \"params\": 890666, \"flops\": 47327744}}";

#[test]
fn what_is_fetched_is_imported_and_the_download_removed() {
    let home = tempfile::tempdir().expect("a folder");
    let server = Server::start(vec![Answer::Redirect, Answer::Whole(MACRO.to_vec())]);
    let file = recipe_file(home.path(), &server.url, MACRO);
    let fetched = archbench(home.path())
        .arg("fetch")
        .arg(&file)
        .assert()
        .success();
    let said = String::from_utf8_lossy(&fetched.get_output().stdout).into_owned();
    assert!(
        said.contains("Eight digits; licence MIT") && said.contains("cifar10: 1 architectures"),
        "{said}"
    );
    assert!(!home.path().join("downloads/mine").exists());
    let query = [
        "query",
        "nas-bench-macro",
        "02012100",
        "--task",
        "cifar10",
        "--series",
        "test/metric",
        "--seed",
        "index:0",
    ];
    let answer = archbench(home.path()).args(query).assert().success();
    let answer = String::from_utf8_lossy(&answer.get_output().stdout).into_owned();
    assert!(answer.contains("0.895"), "{answer}");
    server.requests();
}

#[test]
fn what_cannot_be_fetched_is_one_line_and_leaves_nothing() {
    let home = tempfile::tempdir().expect("a folder");
    let refused = |arguments: &[&str], expected: &str| {
        let assert = archbench(home.path())
            .arg("fetch")
            .args(arguments)
            .assert()
            .code(2);
        let stderr = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(stderr.contains(expected), "{stderr}");
        assert!(!home.path().join("tables").exists());
        assert!(!home.path().join("downloads/mine").exists());
    };
    refused(
        &["nats-bench-topology"],
        "then: archbench import nats-bench-topology NATS-tss-v1_0-3ffb9-simple",
    );
    refused(
        &["nats-bench-topolgy"],
        "did you mean `nats-bench-topology`?",
    );
    refused(&["nas-bench-graph"], "is shipped with the program");
    refused(&["none.toml"], "cannot read");
    // A port that was free a moment ago: nobody answers.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", gone.local_addr().expect("an address"));
    drop(gone);
    let file = recipe_file(home.path(), &url, MACRO);
    refused(&[&file.display().to_string()], "is this machine online?");
    let server = Server::start(vec![Answer::Whole(b"{}".to_vec())]);
    let file = recipe_file(home.path(), &server.url, MACRO);
    refused(&[&file.display().to_string()], "nothing of it is kept");
    server.requests();
}

/// A proxy is asked for the way to what the recipe names; here it is the server too.
#[test]
fn proxy_variables_are_honoured() {
    let home = tempfile::tempdir().expect("a folder");
    let proxy = Server::start(vec![Answer::Tunnel(MACRO.to_vec())]);
    let file = recipe_file(home.path(), "http://published.invalid", MACRO);
    let only = home.path().join("only");
    let mut command = archbench(home.path());
    command.env_remove("NO_PROXY").env("HTTP_PROXY", &proxy.url);
    command
        .arg("fetch")
        .arg(&file)
        .arg("--only")
        .arg(&only)
        .assert()
        .success();
    assert_eq!(
        std::fs::read(only.join("nas-bench-macro.json")).expect("there"),
        MACRO
    );
    let asked = proxy.requests();
    assert!(
        asked[0].starts_with("CONNECT published.invalid:80"),
        "{asked:?}"
    );
    assert!(asked[1].starts_with("GET /x"), "{asked:?}");
}
